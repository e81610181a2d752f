"""Keeps `status.hard` and `status.used` of ResourceQuotas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, key_of
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.quota.amounts import write
from minikf.embedded.controllers.quota.scopes import hard_limits, used
from minikf.embedded.controllers.quota.usage import has_ended
from minikf.embedded.kinds import EVENT, KINDS, POD, PVC, RESOURCE_QUOTA, SERVICE, Kind
from minikf.embedded.options import Options
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change


class QuotaController:
    """Counts anew whenever something that a quota may count comes, goes or ends."""

    component = "resourcequota-controller"
    kinds: tuple[Kind, ...] = (
        RESOURCE_QUOTA,
        *(kind for kind in KINDS if kind.namespaced and kind not in (EVENT, RESOURCE_QUOTA)),
    )

    def __init__(self, context: Context) -> None:
        self._objects = context.objects

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is RESOURCE_QUOTA and change.type != "DELETED":
            yield key_of(change.entry)
        elif _changes_usage(change):
            for entry in self._objects.list(RESOURCE_QUOTA, change.entry.namespace):
                yield key_of(entry)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(RESOURCE_QUOTA, *key)
        if entry is None:
            return None
        status: Object = {"hard": write(hard_limits(entry.obj)), "used": write(used(self._objects, entry.obj))}
        if status != entry.obj.get("status"):
            options = Options(manager=self.component)
            await self._objects.patch(
                RESOURCE_QUOTA, *key, lambda now: {**now, "status": status}, subresource="status", opts=options
            )
        return None


def _changes_usage(change: Change) -> bool:
    if change.type != "MODIFIED" or change.old is None:
        return True
    if change.kind is POD:
        return has_ended(change.entry.obj) != has_ended(change.old.obj)
    if change.kind in (PVC, SERVICE):
        return bool(change.entry.obj["spec"] != change.old.obj["spec"])
    return False
