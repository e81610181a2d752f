"""The pods that an object makes, however it says so: where to read and where to write what concerns a pod.

Pod specs stand at different depths of Kubeflow's kinds; a TrainJob says them by overrides of its runtime, and a
pipeline by its second document. Fields: the CRDs of kubeflow/manifests 26.03 (applications/{kserve,trainer}), and
message KubernetesExecutorConfig of kfp-kubernetes 2.17.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minikf.promote.fields import get, items, mapping
from minikf.promote.model import FieldPath, Object
from minikf.promote.references import BY_RUNTIME

IR = ("spec", "pipelineSpec")
PLATFORM = ("spec", "platformSpec", "platforms", "kubernetes", "deploymentSpec", "executors")
COMPONENTS = ("predictor", "transformer", "explainer")
_WORKERS = ("spec", "predictor", "workerSpec")
_TRAINER = "node"  # the replicated job of the training itself in a runtime (kubeflow/trainer v2, constants.Node)


@dataclass(frozen=True)
class Container:
    """A container, or what stands for one; `foreign` where a runtime gives the rest of it."""

    path: FieldPath
    value: Object
    image: FieldPath
    foreign: bool = False


@dataclass(frozen=True)
class Workload:
    """Pods of one shape. Paths say where a thing is, or goes; None where it cannot be said.

    `by` is who makes their security context where the object itself cannot. `opening` are fields that must be there
    before one of the others is set.
    """

    where: FieldPath
    containers: tuple[Container, ...]
    tolerations: FieldPath
    selector: FieldPath
    pull_secrets: FieldPath
    labels: FieldPath | None
    account: FieldPath | None
    context: FieldPath | None
    spec: Object
    pull_key: str = "name"
    by: str = ""
    opening: tuple[tuple[FieldPath, Any], ...] = ()


def workloads(obj: Object) -> Iterator[Workload]:
    """All pods that `obj` makes, those of an Experiment's trials among them."""
    yield from _of(obj, ())
    trial = get(obj, ("spec", "trialTemplate", "trialSpec"))
    if isinstance(trial, dict):
        yield from _of(trial, ("spec", "trialTemplate", "trialSpec"))


def _of(obj: Object, at: FieldPath) -> Iterator[Workload]:
    kind = obj.get("kind")
    if kind == "TrainJob":
        yield _of_train_job(obj, at)
    elif kind == "PipelineVersion":
        yield from _of_pipeline(obj, at)
    elif kind == "InferenceService":
        for part in COMPONENTS:
            if isinstance(get(obj, ("spec", part)), dict):
                yield _pod(obj, at, ("spec", part), labels=("spec", part, "labels"), context=True)
        if isinstance(get(obj, _WORKERS), dict):
            yield _pod(obj, at, _WORKERS, labels=None, context=True)
    elif kind in ("ServingRuntime", "ClusterServingRuntime"):
        yield _pod(obj, at, ("spec",), labels=("spec", "labels"), context=False)
        if isinstance(get(obj, ("spec", "workerSpec")), dict):
            yield _pod(obj, at, ("spec", "workerSpec"), labels=None, context=False)
    elif kind not in ("ConfigMap", "Secret", "Experiment"):
        for path in _specs(obj, ()):
            labels = (*path[:-1], "metadata", "labels") if path and path[-1] == "spec" else None
            if kind == "Notebook":  # its template has a spec only; its own labels are its pod's
                labels = ("metadata", "labels")
            yield _pod(obj, at, path, labels=labels, context=True)


def _specs(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(value, dict):
        if isinstance(value.get("containers"), list):
            yield path
            return
        for key, inner in value.items():
            if key not in ("metadata", "status"):
                yield from _specs(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _specs(inner, (*path, index))


def _pod(obj: Object, at: FieldPath, path: FieldPath, *, labels: FieldPath | None, context: bool) -> Workload:
    spec = mapping(obj, path)
    by_runtime = any(isinstance(spec.get(one), dict) for one in BY_RUNTIME)
    found = [
        Container((*at, *path, key, index), one, (*at, *path, key, index, "image"), by_runtime)
        for key in ("initContainers", "containers")
        for index, one in enumerate(items(spec, (key,)))
        if isinstance(one, dict)
    ]
    found += [
        Container((*at, *path, one), spec[one], (*at, *path, one, "image"), True)
        for one in BY_RUNTIME
        if isinstance(spec.get(one), dict)
    ]
    base = (*at, *path)
    return Workload(
        where=base,
        containers=tuple(found),
        tolerations=(*base, "tolerations"),
        selector=(*base, "nodeSelector"),
        pull_secrets=(*base, "imagePullSecrets"),
        labels=None if labels is None else (*at, *labels),
        account=(*base, "serviceAccountName"),
        context=(*base, "securityContext") if context else None,
        spec=spec,
    )


def _of_train_job(obj: Object, at: FieldPath) -> Workload:
    overrides = items(obj, ("spec", "podTemplateOverrides"))
    target = [{"name": _TRAINER}]
    known = [index for index, one in enumerate(overrides) if isinstance(one, dict) and one.get("targetJobs") == target]
    index = known[0] if known else len(overrides)
    override: FieldPath = (*at, "spec", "podTemplateOverrides", index)
    trainer = mapping(obj, ("spec", "trainer"))
    resources = {"resources": trainer.get("resourcesPerNode")} if trainer.get("resourcesPerNode") else {}
    place = (*at, "spec", "trainer")
    return Workload(
        where=place,
        containers=(Container(place, trainer | resources, (*place, "image"), True),),
        tolerations=(*override, "spec", "tolerations"),
        selector=(*override, "spec", "nodeSelector"),
        pull_secrets=(*override, "spec", "imagePullSecrets"),
        labels=(*override, "metadata", "labels"),
        account=(*override, "spec", "serviceAccountName"),
        context=None,
        spec=mapping(overrides[index], ("spec",)) if known else {},
        by="its runtime",
        opening=(((*override, "targetJobs"), target),),
    )


def _of_pipeline(obj: Object, at: FieldPath) -> Iterator[Workload]:
    for label, executor in mapping(obj, (*IR, "deploymentSpec", "executors")).items():
        container = mapping(executor, ("container",))
        if not container:
            continue
        path = (*at, *IR, "deploymentSpec", "executors", label, "container")
        base = (*at, *PLATFORM, label)
        yield Workload(
            where=path,
            containers=(Container(path, container | _accelerator(container), (*path, "image")),),
            tolerations=(*base, "tolerations"),
            selector=(*base, "nodeSelector", "labels"),
            pull_secrets=(*base, "imagePullSecret"),
            labels=(*base, "podMetadata", "labels"),
            account=None,
            context=None,
            spec=mapping(obj, (*PLATFORM, label)),
            pull_key="secretName",
            by="KFP",
        )


def _accelerator(container: Object) -> Object:
    """What a step asks of accelerators, as a container of Kubernetes says it."""
    told = mapping(container, ("resources", "accelerator"))
    name = told.get("resourceType") or told.get("type")
    count = told.get("resourceCount") or told.get("count")
    return {"resources": {"limits": {str(name): str(count)}}} if name and count else {"resources": {}}
