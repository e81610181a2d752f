"""Whether the job of a Trial is over, by the Trial's own conditions; pure.

kubeflow/katib v0.19.0, GetDeployedJobStatus of pkg/controller.v1beta1/trial/util/job_util.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.embedded.status import Object
from minikf.embedded.tuning import gjson


@dataclass(frozen=True)
class JobEnd:
    """Reason and message are those of what the condition found, where it has them."""

    succeeded: bool
    reason: str
    message: str


def job_end(trial: Object, job: Object) -> JobEnd | None:
    """How the job ended, None while it runs; failure is asked for first. Raises gjson.PathError."""
    for field, succeeded in (("failureCondition", False), ("successCondition", True)):
        path = trial["spec"].get(field)
        found = _first(gjson.get(job, path)) if path else None
        if found is not None:
            reason, message = (found.get(key) for key in ("reason", "message"))
            return JobEnd(succeeded, str(reason or ""), str(message or ""))
    return None


def _first(found: Any) -> Object | None:
    """An object, or the first of a list of objects; anything else says nothing."""
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, dict) else None
