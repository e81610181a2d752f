"""Namespaces: what each is born with, and emptying one before it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key
from minikf.embedded.controllers.conditions import put
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import CONFIG_MAP, EVENT, KINDS, NAMESPACE, POD, SERVICE_ACCOUNT, Kind
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission
    from minikf.embedded.store import Change, Entry

FINALIZER = "kubernetes"
_ROOT_CA = "kube-root-ca.crt"


def namespace_admission() -> Admission:
    """Puts the finalizer on new namespaces by which the controller gets to empty them before they go."""

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind is NAMESPACE and old is None:
            finalizers = obj.setdefault("spec", {}).setdefault("finalizers", [])
            if FINALIZER not in finalizers:
                finalizers.append(FINALIZER)

    return admit


class NamespaceController:
    """Gives every namespace the ServiceAccount `default` and the CA's ConfigMap, and empties those that are deleted."""

    component = "namespace-controller"
    kinds: tuple[Kind, ...] = (NAMESPACE, *(kind for kind in KINDS if kind.namespaced and kind is not EVENT))

    def __init__(self, context: Context) -> None:
        self._objects = context.objects
        self._clock = context.clock
        self._ca = context.paths.ca

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is NAMESPACE:
            yield Key("", change.entry.name)
        elif change.type == "DELETED":
            # Either a step towards empty, or something that every namespace has and that must come back.
            yield Key("", change.entry.namespace)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(NAMESPACE, "", key.name)
        if entry is None:
            return None
        if "deletionTimestamp" in entry.obj["metadata"]:
            await self._empty(entry)
        else:
            await self._furnish(key.name)
        return None

    async def _furnish(self, namespace: str) -> None:
        await self._ensure(SERVICE_ACCOUNT, namespace, {"metadata": {"name": "default"}})
        if self._ca.is_file():
            text = self._ca.read_text()
            await self._ensure(CONFIG_MAP, namespace, {"metadata": {"name": _ROOT_CA}, "data": {"ca.crt": text}})

    async def _ensure(self, kind: Kind, namespace: str, obj: Object) -> None:
        if self._objects.find(kind, namespace, obj["metadata"]["name"]) is None:
            await self._objects.create(kind, namespace, obj, opts=Options(manager=self.component))

    async def _empty(self, entry: Entry) -> None:
        """Deletes the content, pods first; the last deletion brings us back here, and then the namespace goes."""
        name = entry.name
        for kind in sorted(self.kinds[1:], key=lambda kind: kind is not POD):
            # At once, so that one disk sync serves them all.
            found = [one for one in self._objects.list(kind, name) if "deletionTimestamp" not in one.obj["metadata"]]
            await asyncio.gather(*(self._delete(kind, one) for one in found))
        left = {kind: entries for kind in self.kinds[1:] if (entries := self._objects.list(kind, name))}
        if left:
            await self._tell_what_is_left(name, left)
            return
        await asyncio.gather(*(self._delete(EVENT, one) for one in self._objects.list(EVENT, name)))

        def finalize(obj: Object) -> None:
            obj["spec"]["finalizers"] = [one for one in obj["spec"]["finalizers"] if one != FINALIZER]

        await self._objects.patch(NAMESPACE, "", name, finalize, subresource="finalize")

    async def _delete(self, kind: Kind, entry: Entry) -> None:
        how = DeleteOptions(propagation="Background", uid=entry.uid)
        try:
            await self._objects.delete(kind, entry.namespace, entry.name, how=how)
        except ApiError as error:
            if error.reason != "NotFound":  # the garbage collector was faster
                raise

    async def _tell_what_is_left(self, name: str, left: dict[Kind, list[Entry]]) -> None:
        """The two conditions by which `kubectl describe namespace` says what it waits for."""
        now = self._clock.now()
        numbers = ", ".join(f"{_resource(kind)} has {len(found)} resource instances" for kind, found in left.items())
        finalizers = _count_finalizers(left)
        held = ", ".join(f"{name} in {number} resource instances" for name, number in sorted(finalizers.items()))

        def change(obj: Object) -> None:
            status = obj.setdefault("status", {})
            said = f"Some resources are remaining: {numbers}"
            condition = {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain"}
            put(status, {**condition, "message": said}, now)
            condition = {"type": "NamespaceFinalizersRemaining", "status": "False", "reason": "ContentHasNoFinalizers"}
            said = "All content-preserving finalizers finished"
            if held:
                condition |= {"status": "True", "reason": "SomeFinalizersRemain"}
                said = f"Some content in the namespace has finalizers remaining: {held}"
            put(status, {**condition, "message": said}, now)

        await self._objects.patch(NAMESPACE, "", name, change, subresource="status")


def _count_finalizers(left: dict[Kind, list[Entry]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entries in left.values():
        for entry in entries:
            for finalizer in entry.obj["metadata"].get("finalizers") or []:
                counts[finalizer] = counts.get(finalizer, 0) + 1
    return counts


def _resource(kind: Kind) -> str:
    return f"{kind.plural}.{kind.group}" if kind.group else f"{kind.plural}."
