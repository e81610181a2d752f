"""The objects that a model's lineage leads to, for the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minikf.embedded.kinds import INFERENCE_SERVICE, TRAIN_JOB
from minikf.embedded.objects import Objects

Object = dict[str, Any]


class ObjectLookup:
    """`registry.Lookup` over the platform's objects; what it hands out must not be changed."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def trainjob(self, namespace: str, name: str) -> Object | None:
        entry = self._objects.find(TRAIN_JOB, namespace, name)
        return None if entry is None else entry.obj

    def inference_services(self) -> Iterable[Object]:
        return [entry.obj for entry in self._objects.list(INFERENCE_SERVICE)]
