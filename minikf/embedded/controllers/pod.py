"""Pods: every Pod object has its processes, and every process its Pod object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded import kinds
from minikf.embedded.controllers.base import Key, key_of

if TYPE_CHECKING:
    from minikf.embedded.controllers.context import Context
    from minikf.embedded.pods.runtime import PodRuntime
    from minikf.embedded.store import Change


class PodController:
    """Hands pods to the runtime, again whenever they or something they refer to have changed."""

    component = "minikf-pods"
    kinds = (kinds.POD, kinds.CONFIG_MAP, kinds.SECRET, kinds.PVC)

    def __init__(self, context: Context) -> None:
        self._objects = context.objects
        self._pods: PodRuntime = context.pods

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is kinds.POD:
            return [key_of(change.entry)]
        found = self._pods.referring_to(change.kind, change.entry.namespace, change.entry.name)
        return [Key(*key) for key in found]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(kinds.POD, *key)
        await self._pods.bring_in_line(key, None if entry is None else entry.obj)
        return None
