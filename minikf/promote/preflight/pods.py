"""The pods that an object makes, as far as its own text tells: how many at once, and what each asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from minikf.promote.model import Object, Ref, ref_of
from minikf.quantity import parse

# Katib's default (kubeflow/katib, pkg/apis/controller/experiments/v1beta1/experiment_defaults.go).
_PARALLEL_TRIALS = 3
_SERVING_PARTS = ("predictor", "transformer", "explainer")


@dataclass(frozen=True)
class Pods:
    """`count` pods of `ref` that are alike. `requests` and `limits` are of one pod, by resource; `lacking` has the
    resources (`requests.cpu`) that some container of it does not say."""

    ref: Ref
    count: int
    requests: Mapping[str, Decimal]
    limits: Mapping[str, Decimal]
    lacking: frozenset[str]


def pods(obj: Object, runtimes: Mapping[str, Object]) -> tuple[Pods, ...]:
    """Of a workload; none for what has no pods of its own. `runtimes` are training runtimes by name, for jobs that
    leave to theirs what a node asks for."""
    return tuple(_made(ref_of(obj), count, containers) for count, containers in _groups(obj, runtimes) if count)


def _groups(obj: Object, runtimes: Mapping[str, Object]) -> Iterator[tuple[int, list[Object]]]:
    """Pods at once, and the containers of one."""
    spec = obj.get("spec") or {}
    if obj["kind"] == "TrainJob":
        yield from _train_job(spec, runtimes)
    elif obj["kind"] == "InferenceService":
        for part in _SERVING_PARTS:
            if isinstance(spec.get(part), dict):
                # One that goes to zero comes back with the first request, so there must be room for one.
                yield max(int(spec[part].get("minReplicas", 1)), 1), _serving(spec[part])
    elif obj["kind"] == "Experiment":
        trial = (spec.get("trialTemplate") or {}).get("trialSpec")
        if isinstance(trial, dict):
            for count, containers in _groups({"metadata": {"name": ""}, **trial}, runtimes):
                yield count * int(spec.get("parallelTrialCount") or _PARALLEL_TRIALS), containers
    elif replicas := next((value for key, value in spec.items() if key.endswith("ReplicaSpecs")), None):
        for one in replicas.values():  # Training Operator: pytorchReplicaSpecs and its kin
            yield int(one.get("replicas", 1)), _containers(one)
    elif obj["kind"] == "Job":
        yield int(spec.get("parallelism", 1)), _containers(spec)
    elif "template" in spec and obj["kind"] not in ("TrainingRuntime", "ClusterTrainingRuntime"):
        yield int(spec.get("replicas", 1)), _containers(spec)


def _containers(holder: Object) -> list[Object]:
    pod = (holder.get("template") or {}).get("spec") or {}
    return [one for one in pod.get("containers") or () if isinstance(one, dict)]


def _serving(part: Object) -> list[Object]:
    model = [part["model"]] if isinstance(part.get("model"), dict) else []
    return [*model, *(one for one in part.get("containers") or () if isinstance(one, dict))]


def _train_job(spec: Object, runtimes: Mapping[str, Object]) -> Iterator[tuple[int, list[Object]]]:
    """A node is a pod. What the job says counts for more than what its runtime does (trainer.kubeflow.org TrainJob,
    spec.trainer)."""
    trainer = spec.get("trainer") or {}
    runtime = (runtimes.get(str((spec.get("runtimeRef") or {}).get("name"))) or {}).get("spec") or {}
    nodes = int(trainer.get("numNodes") or (runtime.get("mlPolicy") or {}).get("numNodes") or 1)
    jobs = ((runtime.get("template") or {}).get("spec") or {}).get("replicatedJobs") or []
    for job in jobs:
        template = ((job.get("template") or {}).get("spec") or {}).get("template") or {}
        containers = _containers({"template": template})
        if job.get("name") == "node":
            yield nodes, _with(containers, trainer.get("resourcesPerNode"))
        else:
            yield int(job.get("replicas", 1)), containers
    if not any(job.get("name") == "node" for job in jobs):
        yield nodes, _with([{"name": "node"}], trainer.get("resourcesPerNode"))


def _with(containers: list[Object], resources: Any) -> list[Object]:
    if not resources:
        return containers
    return [one | {"resources": resources} if one.get("name") == "node" else one for one in containers]


def _made(ref: Ref, count: int, containers: list[Object]) -> Pods:
    sums: dict[str, dict[str, Decimal]] = {"requests": {}, "limits": {}}
    lacking: set[str] = set()
    for container in containers:
        said = container.get("resources") or {}
        limits = said.get("limits") or {}
        # What is limited and not requested is requested as limited (core/v1 ResourceRequirements).
        both = {"requests": {**limits, **(said.get("requests") or {})}, "limits": limits}
        for name, values in both.items():
            for resource, quantity in values.items():
                sums[name][resource] = sums[name].get(resource, Decimal(0)) + parse(quantity)
            lacking |= {f"{name}.{resource}" for resource in ("cpu", "memory") if resource not in values}
    return Pods(ref, count, sums["requests"], sums["limits"], frozenset(lacking))
