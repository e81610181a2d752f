"""Runtimes of training and serving: those of the target by name, those that come along in the namespace."""

from __future__ import annotations

from minikf.promote import runtimes as base
from minikf.promote.fields import get
from minikf.promote.model import FieldPath, Object
from minikf.promote.references import dotted
from minikf.promote.translate.model import Edit, Said, World, error
from minikf.promote.translate.workloads import COMPONENTS

_CLUSTER = "ClusterTrainingRuntime"
_NAMESPACED = "TrainingRuntime"
_TRIAL = ("spec", "trialTemplate", "trialSpec")


def scope(obj: Object, world: World) -> Said:
    """A cluster-scoped runtime as the namespaced kind: a promotion changes nothing cluster-wide."""
    if obj["kind"] in (_CLUSTER, "ClusterServingRuntime"):
        kind = base.translate(obj).obj["kind"]
        yield Edit(
            ("kind",), kind, f"{obj['kind']} would be {world.spec.name}'s for everybody; {kind} has the same spec"
        )


def training(obj: Object, world: World) -> Said:
    """A TrainJob's runtime: promoted with it, or there."""
    for at in ((), _TRIAL):
        job = get(obj, at)
        if isinstance(job, dict) and job.get("kind") == "TrainJob":
            yield from _training(obj, job, at, world)


def _training(obj: Object, job: Object, at: FieldPath, world: World) -> Said:
    path = (*at, "spec", "runtimeRef")
    ref = get(job, ("spec", "runtimeRef")) or {}
    kind, name = ref.get("kind") or _CLUSTER, ref.get("name") or ""
    known = {(one.kind, one.name) for one in world.profile.runtimes if one.namespace in ("", world.namespace(obj))}
    if world.among(_NAMESPACED, name) or world.among(_CLUSTER, name):
        if kind != _NAMESPACED:
            yield Edit((*path, "kind"), _NAMESPACED, f"runtime {name} is promoted into the namespace")
    elif world.profile.unknown("runtimes") is None and (kind, name) not in known:
        there = ", ".join(sorted(two for one, two in known if one in (_CLUSTER, _NAMESPACED)))
        yield error(
            dotted(path),
            f"{world.spec.name} has no {kind} {name}",
            f"it has {there or 'none'}, and none comes along",
            "name a runtime of the target, or one of your own, which is promoted with the job",
        )


def serving(obj: Object, world: World) -> Said:
    """A model's runtime: promoted with it, or there; where none is named, one that serves its format."""
    if obj["kind"] != "InferenceService" or world.profile.unknown("runtimes"):
        return
    known = [
        one
        for one in world.profile.runtimes
        if one.kind in ("ClusterServingRuntime", "ServingRuntime") and one.namespace in ("", world.namespace(obj))
    ]
    ours = [one for one in world.objects if one["kind"] in ("ServingRuntime", "ClusterServingRuntime")]
    formats = {name for one in known for name in one.formats} | {name for one in ours for name in _formats(one)}
    names = {one.name for one in known} | {one["metadata"]["name"] for one in ours}
    for part in COMPONENTS:
        model = get(obj, ("spec", part, "model"))
        if not isinstance(model, dict):
            continue
        runtime, form = model.get("runtime"), (model.get("modelFormat") or {}).get("name", "")
        if runtime and runtime not in names:
            yield error(
                f"spec.{part}.model.runtime",
                f"{world.spec.name} has no serving runtime {runtime}",
                f"it has {', '.join(sorted(names)) or 'none'}",
                "take the name out, so that KServe picks a runtime by the model's format",
            )
        elif not runtime and form not in formats:
            yield error(
                f"spec.{part}.model.modelFormat",
                f"no serving runtime of {world.spec.name} serves the format '{form}'",
                f"served there: {', '.join(sorted(formats)) or 'no format'}",
                f"ask its administrator for a runtime of '{form}', or promote a ServingRuntime of your own",
            )


def _formats(runtime: Object) -> set[str]:
    return {one.get("name", "") for one in get(runtime, ("spec", "supportedModelFormats")) or ()}
