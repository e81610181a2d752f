"""Deletes what belongs to what is deleted, as Kubernetes' garbage collector does.

Rules: https://kubernetes.io/docs/concepts/architecture/garbage-collection/ and kubernetes v1.34.4,
pkg/controller/garbagecollector/garbagecollector.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded import kinds
from minikf.embedded.controllers.base import Key
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.ownership import Ownership, Ref
from minikf.embedded.deletion import FOREGROUND, ORPHAN
from minikf.embedded.kinds import KINDS, Kind
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change

_SOLID, _DANGLING, _WAITING = "solid", "dangling", "waiting"


class GarbageCollector:
    """Its keys name objects of any kind (see `Ref.key`)."""

    component = "garbage-collector"
    # Events own nothing and are owned by nothing, and there are many of them.
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind is not kinds.EVENT)

    def __init__(self, context: Context) -> None:
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._ownership = Ownership()

    def keys(self, change: Change) -> Iterable[Key]:
        ref = self._ownership.hear(change)
        entry = change.entry
        if change.type == "DELETED":
            yield from (dependent.key for dependent in self._ownership.dependents(entry.uid))
            if entry.owners:
                yield from self._owners_in_waiting(entry.namespace, entry.obj)
        elif entry.owners or entry.is_deleted:
            yield ref.key

    async def reconcile(self, key: Key) -> float | None:
        ref = Ref.read(key)
        entry = self._objects.find(*ref)
        if entry is None:
            return None
        meta = entry.obj["metadata"]
        finalizers = meta.get("finalizers") or []
        if "deletionTimestamp" in meta:
            if ORPHAN in finalizers:
                await self._orphan(ref, entry.uid)
            elif FOREGROUND in finalizers:
                await self._delete_dependents(ref, entry.uid)
            return None
        await self._check_owners(ref, entry.obj)
        return None

    async def _check_owners(self, ref: Ref, obj: Object) -> None:
        references = obj["metadata"].get("ownerReferences") or []
        states = {reference["uid"]: self._state(ref, obj, reference) for reference in references}
        gone = {uid for uid, state in states.items() if state != _SOLID}
        if not gone:
            return
        uid = obj["metadata"]["uid"]
        if _SOLID in states.values():
            await self._drop_references(ref, gone)
            return
        foreground = _WAITING in states.values() and self._ownership.dependents(uid)
        await self._delete(ref, uid, "Foreground" if foreground else "Background")

    def _state(self, ref: Ref, obj: Object, reference: Object) -> str:
        owner = self._owner(ref.namespace, reference)
        if isinstance(owner, dict):
            meta = owner["metadata"]
            waits = "deletionTimestamp" in meta and FOREGROUND in (meta.get("finalizers") or [])
            return _WAITING if waits else _SOLID
        if owner == "unknown kind":
            # Nobody here can tell whether it exists, and a wrong guess would delete data.
            return _SOLID
        if owner == "other namespace":
            text = f"ownerRef [{reference['kind']}/{reference['name']}] does not exist in namespace {ref.namespace!r}"
            self._events.record(obj, "Warning", "OwnerRefInvalidNamespace", text)
        return _DANGLING

    def _owner(self, namespace: str, reference: Object) -> Object | str:
        """The owner's object, or why there is none."""
        kind = kinds.of(reference["apiVersion"], reference["kind"])
        if kind is None:
            return "unknown kind"
        if kind.namespaced and not namespace:
            return "other namespace"
        entry = self._objects.find(kind, namespace, reference["name"])
        if entry is not None and entry.uid == reference["uid"]:
            return entry.obj
        elsewhere = self._objects.list(kind, match=lambda obj: bool(obj["metadata"]["uid"] == reference["uid"]))
        return "other namespace" if elsewhere else "gone"

    def _owners_in_waiting(self, namespace: str, obj: Object) -> Iterable[Key]:
        """Owners that are deleted in the foreground and may have waited for this object."""
        for reference in obj["metadata"]["ownerReferences"]:
            owner = self._owner(namespace, reference)
            if isinstance(owner, dict) and "deletionTimestamp" in owner["metadata"]:
                kind = kinds.of(reference["apiVersion"], reference["kind"])
                assert kind is not None
                yield Ref(kind, namespace if kind.namespaced else "", reference["name"]).key

    async def _delete_dependents(self, ref: Ref, uid: str) -> None:
        """Foreground deletion: dependents first, then the owner once none is left that blocks it."""
        blocked = False
        for dependent in self._ownership.dependents(uid):
            entry = self._objects.find(*dependent)
            if entry is None:
                continue
            references = entry.obj["metadata"].get("ownerReferences") or []
            blocked |= any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in references)
            if "deletionTimestamp" not in entry.obj["metadata"]:
                await self._check_owners(dependent, entry.obj)
        # Dependents without a grace period are gone by now; the others tell by their own deletion.
        if not blocked or not any(self._blocks(dependent, uid) for dependent in self._ownership.dependents(uid)):
            await self._drop_finalizer(ref, FOREGROUND)

    def _blocks(self, dependent: Ref, uid: str) -> bool:
        entry = self._objects.find(*dependent)
        references = entry.obj["metadata"].get("ownerReferences") or [] if entry else []
        return any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in references)

    async def _orphan(self, ref: Ref, uid: str) -> None:
        for dependent in self._ownership.dependents(uid):
            if self._objects.find(*dependent) is not None:
                await self._drop_references(dependent, {uid})
        await self._drop_finalizer(ref, ORPHAN)

    async def _drop_references(self, ref: Ref, uids: set[str]) -> None:
        def change(obj: Object) -> None:
            meta = obj["metadata"]
            kept = [one for one in meta.get("ownerReferences") or [] if one["uid"] not in uids]
            meta["ownerReferences"] = kept
            if not kept:
                del meta["ownerReferences"]

        await self._objects.patch(*ref, change, opts=self._options())

    async def _drop_finalizer(self, ref: Ref, finalizer: str) -> None:
        def change(obj: Object) -> None:
            meta = obj["metadata"]
            meta["finalizers"] = [one for one in meta.get("finalizers") or [] if one != finalizer]
            if not meta["finalizers"]:
                del meta["finalizers"]

        await self._objects.patch(*ref, change, opts=self._options())

    async def _delete(self, ref: Ref, uid: str, propagation: str) -> None:
        how = DeleteOptions(propagation=propagation, uid=uid)
        await self._objects.delete(*ref, how=how, opts=self._options())

    def _options(self) -> Options:
        return Options(manager=self.component)
