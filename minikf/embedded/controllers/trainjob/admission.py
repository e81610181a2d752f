"""Refuses what Trainer's validating webhooks refuse, in their words, and what cannot run on this engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from minikf.embedded.controllers.trainjob.build import build_jobset
from minikf.embedded.controllers.trainjob.checks import check_runtime, check_train_job
from minikf.embedded.controllers.trainjob.ports import FIRST_PORT
from minikf.embedded.controllers.trainjob.runnable import reason_not_runnable
from minikf.embedded.controllers.trainjob.runtimes import find_runtime, kind_of, registry_key
from minikf.embedded.controllers.wellformed import is_valid
from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, TRAIN_JOB, TRAINING_RUNTIME, Kind
from minikf.embedded.status import ApiError, Object, not_found

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

_FIELD_OF_KIND = {"ClusterTrainingRuntime": "RuntimeRef", "TrainingRuntime": "runtimeRef"}


def trainer_admission(objects: Objects) -> Admission:
    """The hook for `Objects.admission`; it changes nothing and raises ApiError 403."""

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind not in (TRAIN_JOB, CLUSTER_TRAINING_RUNTIME, TRAINING_RUNTIME) or not is_valid(kind, obj):
            return
        if kind is not TRAIN_JOB:
            # Upstream looks at a TrainingRuntime only when it is created.
            if old is None or kind is CLUSTER_TRAINING_RUNTIME:
                _deny(kind, check_runtime(obj))
        elif "deletionTimestamp" not in obj["metadata"]:
            _admit_train_job(objects, obj, old)

    return admit


def _admit_train_job(objects: Objects, obj: Object, old: Object | None) -> None:
    if old is not None and old["spec"] == obj["spec"]:
        return
    kind = kind_of(obj)
    if kind is None:
        _deny(TRAIN_JOB, [f"unsupported runtime: {registry_key(obj)}"])
        return
    runtime = find_runtime(objects, obj)
    if runtime is None:
        _deny(TRAIN_JOB, [_missing_runtime(kind, obj)])
        return
    _deny(TRAIN_JOB, check_train_job(obj, old, runtime))
    reason = reason_not_runnable(runtime, build_jobset(obj, runtime, FIRST_PORT))
    if reason and old is None:
        _deny(TRAIN_JOB, [reason])


def _missing_runtime(kind: Kind, obj: Object) -> str:
    reference = obj["spec"]["runtimeRef"]
    value = {key: reference[key] for key in ("name", "apiGroup", "kind") if key in reference}
    why = not_found(kind.group, kind.plural, reference["name"]).message
    text = orjson.dumps(value).decode()
    what = f"specified {kind.kind[0].lower()}{kind.kind[1:]} must be created before the TrainJob is created"
    return f"spec.{_FIELD_OF_KIND[kind.kind]}: Invalid value: {text}: {why}: {what}"


def _deny(kind: Kind, errors: list[str]) -> None:
    """Raises what the API server answers when a webhook says no; does nothing without errors."""
    errors = list(dict.fromkeys(errors))
    if not errors:
        return
    text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    webhook = f"validator.{kind.singular}.{kind.group}"
    raise ApiError(403, "Forbidden", f'admission webhook "{webhook}" denied the request: {text}')
