"""What a controller is: level-triggered, idempotent, one reconcile per object at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change, Entry


class Key(NamedTuple):
    """Names an object of a controller's primary kind; `namespace` is "" for cluster-scoped kinds."""

    namespace: str
    name: str


class Controller(Protocol):
    """Brings the world in line with the objects of one kind.

    `component` is what its Events name as their source. `kinds` are the kinds whose changes it wants; the
    first one is its primary kind, which its keys name.
    """

    @property
    def component(self) -> str: ...

    @property
    def kinds(self) -> tuple[Kind, ...]: ...

    def keys(self, change: Change) -> Iterable[Key]:
        """Which of its own objects to look at after a change; at start, called for every existing object."""

    async def reconcile(self, key: Key) -> float | None:
        """Looks at one object and does what is due; returns the seconds until it wants to be asked again.

        The object may be gone. Any exception means "again, after a pause that doubles".
        """


def key_of(entry: Entry) -> Key:
    return Key(entry.namespace, entry.name)


def owner_keys(change: Change, owner: Kind) -> Iterable[Key]:
    """Keys of the controlling owners of the changed object that are of the kind `owner`."""
    versions = [change.entry] if change.old is None else [change.entry, change.old]
    seen: set[Key] = set()
    for entry in versions:
        # Most objects belong to nobody, and need not be parsed to know that.
        reference = controller_of(entry.obj) if entry.owners else None
        if reference is None or reference.get("kind") != owner.kind:
            continue
        if reference.get("apiVersion", "").rpartition("/")[0] != owner.group:
            continue
        key = Key(change.entry.namespace if owner.namespaced else "", reference.get("name", ""))
        if key not in seen:
            seen.add(key)
            yield key


def controller_of(obj: Object) -> Object | None:
    """The owner reference whose owner controls the object, or None."""
    for reference in obj["metadata"].get("ownerReferences") or []:
        if reference.get("controller"):
            found: Object = reference
            return found
    return None


def owner_reference(owner: Object) -> Object:
    """The reference that makes `owner` the controller of another object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_controlled_by(obj: Object, owner: Object) -> bool:
    """Whether `owner` (by uid, so not an earlier object of its name) controls `obj`."""
    reference = controller_of(obj)
    return reference is not None and bool(reference.get("uid") == owner["metadata"]["uid"])


def namespace_is_ending(error: ApiError) -> bool:
    """Whether a create was refused because its namespace is being emptied: there is nothing left to do then."""
    causes = error.details.get("causes") or []
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def is_status_only(change: Change) -> bool:
    """Whether nothing but the status changed, as by the controller's own report: no reason to look again."""
    if change.type != "MODIFIED" or change.old is None:
        return False
    new, old = change.entry.obj, change.old.obj
    moving = ("resourceVersion", "managedFields")
    metas = [{key: value for key, value in obj["metadata"].items() if key not in moving} for obj in (new, old)]
    return metas[0] == metas[1] and new.get("spec") == old.get("spec")


async def together(*writes: Coroutine[Any, Any, None]) -> None:
    """Makes all writes at once, so that one disk sync serves them; raises the first error after all have ended."""
    for result in await asyncio.gather(*writes, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
