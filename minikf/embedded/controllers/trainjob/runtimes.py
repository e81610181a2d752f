"""Finds the runtime that a TrainJob refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, TRAINING_RUNTIME, Kind
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

_KINDS = {kind.kind: kind for kind in (CLUSTER_TRAINING_RUNTIME, TRAINING_RUNTIME)}


def kind_of(train_job: Object) -> Kind | None:
    """The kind of runtime it refers to, or None for one that Trainer does not know."""
    reference = train_job["spec"]["runtimeRef"]
    if reference.get("apiGroup", CLUSTER_TRAINING_RUNTIME.group) != CLUSTER_TRAINING_RUNTIME.group:
        return None
    return _KINDS.get(reference.get("kind", CLUSTER_TRAINING_RUNTIME.kind))


def registry_key(train_job: Object) -> str:
    """The runtime's kind and group as Trainer's messages write them."""
    reference = train_job["spec"]["runtimeRef"]
    kind = reference.get("kind", CLUSTER_TRAINING_RUNTIME.kind)
    return f"{kind}.{reference.get('apiGroup', CLUSTER_TRAINING_RUNTIME.group)}"


def find_runtime(objects: Objects, train_job: Object) -> Object | None:
    """The runtime's object, or None when there is none of that kind and name."""
    kind = kind_of(train_job)
    if kind is None:
        return None
    namespace = train_job["metadata"]["namespace"] if kind.namespaced else ""
    entry = objects.find(kind, namespace, train_job["spec"]["runtimeRef"]["name"])
    return None if entry is None else entry.obj
