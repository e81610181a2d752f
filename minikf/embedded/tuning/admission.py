"""Completes Experiments and refuses those that are wrong or cannot run here, before anything of them starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from minikf.embedded.controllers.trainjob.mpihere import pods_path
from minikf.embedded.controllers.trainjob.runtimes import find_runtime
from minikf.embedded.kinds import CONFIG_MAP, EXPERIMENT, SUGGESTION, TRIAL, Kind
from minikf.embedded.schema.fieldpath import required
from minikf.embedded.status import ApiError, Cause, Object
from minikf.embedded.tuning.checks import check_experiment
from minikf.embedded.tuning.customcheck import check_reporting
from minikf.embedded.tuning.defaults import default_experiment
from minikf.embedded.tuning.problem import problem_of
from minikf.embedded.tuning.reporting import Door
from minikf.embedded.tuning.runnable import Machine, check_job, job_kind
from minikf.embedded.tuning.search import SearchError, validate
from minikf.embedded.tuning.shape import EXPERIMENT as SHAPE
from minikf.embedded.tuning.shape import TRIAL as TRIAL_SHAPE
from minikf.embedded.tuning.shape import check_shape
from minikf.embedded.tuning.templatechecks import check_template

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

_WEBHOOK = "validator.experiment.katib.kubeflow.org"


def tuning_admission(objects: Objects, door: Door) -> Admission:
    """The hook for `Objects.admission`. Raises ApiError 400 as Katib's webhook answers, naming the fields."""
    machine = Machine(pods_path())

    def config_map(namespace: str, name: str) -> Mapping[str, str] | None:
        entry = objects.find(CONFIG_MAP, namespace, name)
        return None if entry is None else entry.obj.get("data") or {}

    def check(job: Object, container: str) -> list[str]:
        kind = job_kind(job)
        if isinstance(kind, str):
            return [kind]
        return check_job(job, kind, container, lambda made: find_runtime(objects, made), machine)

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind in (SUGGESTION, TRIAL):
            _check_frozen(kind, obj, old)
        if kind is not EXPERIMENT or "deletionTimestamp" in obj["metadata"]:
            return
        if old is not None and obj.get("spec") == old.get("spec"):
            return
        spec = obj["spec"] = {} if obj.get("spec") is None else obj["spec"]
        _deny(check_shape(spec, SHAPE, "spec"))
        default_experiment(spec)
        # Of an edit nothing but the budget can pass, so what was checked at first stands.
        causes = check_experiment(obj, old)
        if spec.get("nasConfig") is not None:
            # What such an algorithm hands to its trials is no parameter that could be tried on the template.
            _deny(causes or _check_search(obj))
        if old is None and not any(cause.field.startswith("spec.parameters") for cause in causes):
            causes += check_template(obj, config_map, check) + check_reporting(obj, door, check)
        _deny(causes)
        _deny(_check_search(obj))

    return admit


def _check_search(experiment: Object) -> list[Cause]:
    """Katib finds this out when the experiment runs, and its Suggestion then has failed."""
    try:
        validate(problem_of(experiment))
    except SearchError as error:
        field, _, text = error.message.partition(": ")
        if not field.startswith("spec"):
            field, text = "spec.algorithm", error.message
        return [Cause(field, "FieldValueInvalid", f"{text}{f' ({error.advice})' if error.advice else ''}")]
    return []


def _check_frozen(kind: Kind, obj: Object, old: Object | None) -> None:
    """A Suggestion or Trial is made by its controller out of what was checked before; a spec that is none is not."""
    spec = obj.get("spec")
    if not isinstance(spec, dict) or (kind is TRIAL and not isinstance(spec.get("runSpec"), dict)):
        raise ApiError(400, "BadRequest", f"{kind.kind} {obj['metadata']['name']}: spec is missing or no object")
    if kind is TRIAL and old is None:
        _deny(check_shape(spec, TRIAL_SHAPE, "spec"))
        if not (spec.get("objective") or {}).get("objectiveMetricName"):
            _deny([required("spec.objective.objectiveMetricName")])
    if kind is TRIAL and old is not None and spec != old["spec"]:
        text = f"{kind.kind} {obj['metadata']['name']}: spec cannot be changed; change the Experiment"
        raise ApiError(400, "BadRequest", text)


def _deny(causes: list[Cause]) -> None:
    lines = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    if not lines:
        return
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    details = {"causes": [{"reason": one.reason, "message": one.message, "field": one.field} for one in causes]}
    raise ApiError(400, "BadRequest", f'admission webhook "{_WEBHOOK}" denied the request: {text}', details)
