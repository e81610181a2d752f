"""Workloads: they wait for what belongs to them, else for what their controller says of itself."""

from __future__ import annotations

from minikf.kube.ready import State, verdict
from minikf.kube.shapes import mapping, mappings
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import Link, link, sentence
from minikf.views.home.rules.refusals import refusal
from minikf.views.home.scene import Object, Scene, namespace

KINDS = (
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "JobSet", "TrainJob", "Experiment", "Trial",
    "InferenceService", "Notebook",
)  # fmt: skip

USERS = (
    "TrainJob", "Experiment", "InferenceService", "Notebook", "Job", "Deployment", "StatefulSet", "DaemonSet", "Pod",
    "PersistentVolumeClaim",
)  # fmt: skip
"""What users make, in the order in which what is missing hurts."""

_WORDS = {State.FAILED: "failed", State.PROGRESSING: "not ready", State.UNKNOWN: "not ready"}
# Of these the owner is called the same, and known to whoever made it.
_MINOR = frozenset({"ReplicaSet", "Job", "JobSet"})
_CHILDREN = frozenset({*KINDS, "Pod", "PersistentVolumeClaim"})
# These have an end; they are not "not ready" while they run.
_WORK = frozenset({"Job", "JobSet", "TrainJob", "Experiment", "Trial"})


def owner(scene: Scene, obj: Object) -> Blocked | None:
    """Failed children first, then those that wait, then what events and conditions tell."""
    kind, found = str(obj["kind"]), verdict(obj)
    if found.ready or _stopped(obj):
        return None
    state = _WORDS[found.state]
    if state == "not ready" and kind in _WORK:
        state = "goes on"
    if found.total and kind not in _WORK:
        state = f"{found.done} of {found.total} ready"
    failed = found.state == State.FAILED
    children = sorted((one for one in scene.children(kind, obj) if one.get("kind") in _CHILDREN), key=_worst)
    said = _said(scene, obj)
    because: list[Cause] = [*([said] if said is not None else []), *children]
    # Without a child that tells more, the controller's own words are the root.
    why = found.cause if failed or not children else ""
    minor = kind in _MINOR and scene.owner(obj) is not None
    return Blocked(link(kind, obj, state, why, trouble=failed), tuple(because), minor=minor)


def _worst(child: Object) -> int:
    if child.get("kind") == "Pod":
        phase = mapping(child.get("status")).get("phase")
        return {"Failed": 0, "Pending": 1, "Running": 2}.get(str(phase), 3)
    return 0 if verdict(child).state == State.FAILED else 1


def _said(scene: Scene, obj: Object) -> Blocked | None:
    """Why its pods cannot be made: a quota, a webhook, a policy; newest words first."""
    if model := _model(obj):
        return model
    conditions = mappings(mapping(obj.get("status")).get("conditions"))
    texts = [str(each.get("message") or "") for each in scene.warnings(obj)[:1]]
    texts += [
        str(each.get("message") or "")
        for each in conditions
        if (each.get("type"), each.get("status")) in (("ReplicaFailure", "True"), ("Progressing", "False"))
    ]
    return next((found for text in texts if (found := refusal(scene, namespace(obj), text)) is not None), None)


def _model(obj: Object) -> Blocked | None:
    """What an InferenceService says of its model, where no container has come so far as to fail."""
    status = mapping(mapping(obj.get("status")).get("modelStatus"))
    failure = mapping(status.get("lastFailureInfo"))
    if not failure.get("message") or failure.get("exitCode"):
        return None
    uri = mapping(mapping(mapping(obj.get("spec")).get("predictor")).get("model")).get("storageUri")
    words = "cannot be loaded" if failure.get("reason") == "ModelLoadFailed" else sentence(failure.get("reason"))
    return Blocked(Link("Model", namespace(obj), sentence(uri, 80), words, sentence(failure["message"])))


def _stopped(obj: Object) -> bool:
    """Whether its user stopped it: nothing blocks it."""
    marks = mapping(mapping(obj.get("metadata")).get("annotations"))
    spec = mapping(obj.get("spec"))
    return bool(
        spec.get("suspend")
        or "kubeflow-resource-stopped" in marks
        or str(marks.get("serving.kserve.io/stop")).lower() == "true"
        or (spec.get("replicas") == 0 and obj.get("kind") != "InferenceService")
    )


def missing(kind: str, space: str, name: str) -> Blocked:
    """What a component had and is no more."""
    return Blocked(Link(kind, space, name, "is not there", "somebody has deleted it"))
