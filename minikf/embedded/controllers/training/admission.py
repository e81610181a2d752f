"""Refuses what the operator's webhooks refuse, in their words, and what cannot run on this engine."""

from __future__ import annotations

from minikf.embedded.controllers.training.checks import check_job
from minikf.embedded.controllers.training.framework import Framework
from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.controllers.training.runnable import reason_not_runnable
from minikf.embedded.controllers.wellformed import is_valid
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, Object


def training_admission(kind: Kind, obj: Object, old: Object | None) -> None:
    """A hook for `Objects.admission`; it changes nothing and raises ApiError 403."""
    framework = FRAMEWORKS.get(kind)
    if framework is None or "deletionTimestamp" in obj["metadata"] or not is_valid(kind, obj):
        return
    if old is not None and old.get("spec") == obj.get("spec"):
        return
    reasons = reasons_against(framework, obj, old)
    if reasons:
        text = reasons[0] if len(reasons) == 1 else f"[{', '.join(reasons)}]"
        webhook = f"validator.{kind.singular}.training-operator.{kind.group}"
        raise ApiError(403, "Forbidden", f'admission webhook "{webhook}" denied the request: {text}')


def reasons_against(framework: Framework, job: Object, old: Object | None) -> list[str]:
    """Why the operator or this machine would not run the job; its JSON types are right."""
    if not isinstance(job.get("spec"), dict):
        return ["spec: Required value"]
    causes = check_job(framework, job, old)
    if causes:
        return list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    if old is not None and old["spec"].get(framework.specs) == job["spec"][framework.specs]:
        return []  # only how it is run has changed, such as whether it is suspended
    reason = reason_not_runnable(framework, job)
    return [reason] if reason else []
