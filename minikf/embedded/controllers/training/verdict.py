"""How a job stands by its pods, in the operator's words; pure.

kubeflow/training-operator v1.9.0, UpdateJobStatus of pkg/controller.v1/*/*_controller.go and ReconcilePods of
pkg/controller.v1/common/pod.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minikf.embedded.controllers.training.conditions import FAILED, RESTARTING, RUNNING, SUCCEEDED
from minikf.embedded.controllers.training.framework import WORKER, Framework, Replica
from minikf.embedded.controllers.training.podset import PodSet, phase
from minikf.embedded.controllers.training.spec import EXIT_CODE, JobSpec
from minikf.embedded.kinds import JAX_JOB, PYTORCH_JOB, TF_JOB

_ALL_WORKERS = "AllWorkers"


class Finding(NamedTuple):
    """A condition that holds, and why."""

    type: str
    message: str


def judge(framework: Framework, spec: JobSpec, pods: PodSet) -> Iterator[Finding]:
    """What holds of a job that goes on, in this order; with Succeeded or Failed it ends."""
    kind, full = framework.kind.kind, f"{framework.kind.kind} {spec.namespace}/{spec.name}"
    for type_ in dict.fromkeys(replica.type for replica, _ in pods.again):
        yield Finding(RESTARTING, f"job {spec.name} is restarting because {type_} replica(s) failed.")
    chiefs = [type_ for type_ in framework.chiefs if type_ in spec.sets]
    # TFJobs and JAXJobs are always told by both names, the others where they have no chief.
    name = full if not chiefs or framework.kind in (TF_JOB, JAX_JOB) else f"{kind} {spec.name}"
    for type_ in chiefs or [WORKER]:
        if type_ not in spec.sets:
            continue
        if _is_done(framework, spec, pods, type_):
            done = "successfully completed." if name == full else "is successfully completed."
            yield Finding(SUCCEEDED, f"{name} {done}")
            return
        if pods.counts[type_].active:
            yield Finding(RUNNING, f"{name} is running.")
    for type_ in spec.sets:
        if (lost := pods.counts[type_].lost) and not _goes_on_without(framework, spec, type_):
            yield Finding(FAILED, _failure(framework, spec, type_, lost))


def _is_done(framework: Framework, spec: JobSpec, pods: PodSet, type_: str) -> bool:
    succeeded = pods.counts[type_].succeeded
    if succeeded == spec.count(type_):
        return True
    if type_ != WORKER:
        return False
    if framework.kind is PYTORCH_JOB and spec.fields.get("elasticPolicy") is not None:
        return succeeded > 0
    first = pods.current.get(Replica(WORKER, 0))
    is_default = framework.kind is TF_JOB and spec.fields.get("successPolicy") != _ALL_WORKERS
    return is_default and first is not None and phase(first) == "Succeeded"


def _goes_on_without(framework: Framework, spec: JobSpec, type_: str) -> bool:
    return framework.kind is TF_JOB and type_ == WORKER and bool(spec.fields.get("enableDynamicWorker"))


def _failure(framework: Framework, spec: JobSpec, type_: str, lost: int) -> str:
    if spec.sets[type_].restart_policy == EXIT_CODE:
        return f'job "{spec.name}" is failing because "{type_}" replica(s) failed.'
    if framework.kind is TF_JOB:
        return f"TFJob {spec.namespace}/{spec.name} has failed because {lost} {type_} replica(s) failed."
    return f"{framework.kind.kind} {spec.name} is failed because {lost} {type_} replica(s) failed."
