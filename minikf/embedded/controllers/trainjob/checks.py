"""The rules of Trainer's webhooks; pure. Each function returns one line for each violation, worded as upstream."""

from __future__ import annotations

from typing import Any

import orjson

from minikf.embedded.controllers.trainjob.mlpolicy import RESERVED
from minikf.embedded.controllers.trainjob.mpi import LAUNCHER
from minikf.embedded.controllers.trainjob.names import (
    ANCESTOR,
    CONTAINER_OF,
    DATASET_INITIALIZER,
    INITIALIZERS,
    MODEL_INITIALIZER,
    NODE,
    ancestor,
    containers,
    pod_spec,
    template_of,
)
from minikf.embedded.status import Object

_OVERRIDES = "spec.podTemplateOverrides"
_PATCHES = "spec.runtimePatches"
_NO_ENV = f"must not have envs for the {DATASET_INITIALIZER}, {MODEL_INITIALIZER}, {NODE} containers"


def check_runtime(runtime: Object) -> list[str]:
    """A (Cluster)TrainingRuntime: one replica and the right container for each step of a TrainJob."""
    errors = []
    for place, replicated in enumerate(template_of(runtime)["spec"]["replicatedJobs"]):
        step = ancestor(replicated)
        if step not in CONTAINER_OF:
            continue
        path = f"spec.template.spec.replicatedJobs[{place}]"
        if replicated.get("replicas", 1) != 1:
            errors.append(_invalid(f"{path}.replicas", replicated["replicas"], "always must be 1"))
        if not containers(replicated, CONTAINER_OF[step]):
            found = pod_spec(replicated)["containers"]
            why = f"must contain the required container for the ancestor: {step}"
            errors.append(_invalid(f"{path}.template.spec.template.spec.containers", found, why))
    return errors


def check_train_job(train_job: Object, old: Object | None, runtime: Object) -> list[str]:
    """A TrainJob against its runtime."""
    names = {one["name"]: _container_names(one) for one in template_of(runtime)["spec"]["replicatedJobs"]}
    return [
        *_check_trainer(train_job, runtime),
        *_check_initializers(train_job, names),
        *_check_frozen(train_job, old),
        *_check_overrides(train_job, names),
        *_check_patches(train_job, names),
    ]


def _check_trainer(train_job: Object, runtime: Object) -> list[str]:
    trainer = train_job["spec"].get("trainer") or {}
    policy = runtime["spec"].get("mlPolicy") or {}
    errors = []
    processes = trainer.get("numProcPerNode")
    if policy.get("torch") is not None:
        if isinstance(processes, str) and processes not in ("auto", "cpu", "gpu"):
            why = "must have an int value or [auto cpu gpu]"
            errors.append(_invalid("spec.trainer.numProcPerNode", processes, why))
        reserved = sorted({one["name"] for one in trainer.get("env") or []} & set(RESERVED))
        if reserved:
            why = f"must not have reserved envs, invalid envs configured: [{' '.join(reserved)}]"
            errors.append(_invalid("spec.trainer.env", trainer["env"], why))
    if policy.get("mpi") is not None:
        errors += _check_mpi(trainer, policy["mpi"], runtime)
    return errors


def _check_mpi(trainer: Object, mpi: Object, runtime: Object) -> list[str]:
    errors = []
    processes = trainer.get("numProcPerNode")
    if isinstance(processes, str):
        why = "must have an int value for MPI TrainJob"
        errors.append(_invalid("spec.trainer.numProcPerNode", processes, why))
    names = {replicated["name"] for replicated in template_of(runtime)["spec"]["replicatedJobs"]}
    if trainer.get("numNodes", 1) >= 2 and mpi.get("runLauncherAsNode") and not {LAUNCHER, NODE} <= names:
        why = (
            "must have 1 when MPI trainingRuntime with enabled runLauncherAsNode does not have either launcher and node"
        )
        errors.append(_invalid("spec.trainer.numNodes", trainer["numNodes"], why))
    return errors


def _check_initializers(train_job: Object, names: dict[str, set[str]]) -> list[str]:
    errors = []
    reference = train_job["spec"]["runtimeRef"]
    for field, name in INITIALIZERS.items():
        if (train_job["spec"].get("initializer") or {}).get(field) is None:
            continue
        if name not in names:
            why = f"must have {name} job when trainJob is configured with input {field}Config"
            errors.append(_invalid("spec.runtimeRef", reference, why))
        elif name not in names[name]:
            why = f"must have container with name - {name} in the {name} job"
            errors.append(_invalid("spec.runtimeRef", reference, why))
    return errors


def _check_frozen(train_job: Object, old: Object | None) -> list[str]:
    if old is None or train_job["spec"].get("suspend"):
        return []
    errors = []
    for field, path in (("podTemplateOverrides", _OVERRIDES), ("runtimePatches", _PATCHES)):
        if (old["spec"].get(field) or []) != (train_job["spec"].get(field) or []):
            name = field[0].upper() + field[1:]
            errors.append(f"{path}: Forbidden: {name} can only be modified when the TrainJob is suspended")
    return errors


def _check_overrides(train_job: Object, names: dict[str, set[str]]) -> list[str]:
    overrides = train_job["spec"].get("podTemplateOverrides") or []
    reasons = []
    for override in overrides:
        for target in override["targetJobs"]:
            if target["name"] not in names:
                reasons.append("must not have targetJob that doesn't exist in the runtime job template")
            reasons += _check_pod(override.get("spec") or {}, target["name"], names.get(target["name"], set()))
    return [_invalid(_OVERRIDES, overrides, reason) for reason in reasons]


def _check_patches(train_job: Object, names: dict[str, set[str]]) -> list[str]:
    patches = train_job["spec"].get("runtimePatches") or []
    reasons = []
    for patch in patches:
        template = (patch.get("trainingRuntimeSpec") or {}).get("template") or {}
        for change in (template.get("spec") or {}).get("replicatedJobs") or []:
            if change["name"] not in names:
                reasons.append("must not have replicated job that doesn't exist in the runtime job template")
                continue
            pod = ((change.get("template") or {}).get("spec") or {}).get("template") or {}
            reasons += _check_pod(pod.get("spec") or {}, change["name"], names[change["name"]])
    return [_invalid(_PATCHES, patches, reason) for reason in reasons]


def _check_pod(spec: Object, job: str, names: set[str]) -> list[str]:
    reasons = []
    for container in spec.get("initContainers") or []:
        if container["name"] not in names:
            reasons.append(f"must not have initContainer that doesn't exist in the runtime job {job}")
    for container in spec.get("containers") or []:
        if container["name"] not in names:
            reasons.append(f"must not have container that doesn't exist in the runtime job {job}")
        elif container.get("env") and container["name"] in CONTAINER_OF.values():
            reasons.append(_NO_ENV)
    return reasons


def _container_names(replicated: Object) -> set[str]:
    spec = pod_spec(replicated)
    return {container["name"] for container in [*(spec.get("initContainers") or []), *spec["containers"]]}


def _invalid(path: str, value: Any, why: str) -> str:
    text = orjson.dumps(value).decode()
    return f"{path}: Invalid value: {text}: {why}"


__all__ = ["ANCESTOR", "check_runtime", "check_train_job"]
