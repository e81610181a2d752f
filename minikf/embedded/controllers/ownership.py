"""Who owns whom, by uid; kept up to date from changes, so that nobody has to search all objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from minikf.embedded.controllers.base import Key
from minikf.embedded.kinds import KINDS, Kind

if TYPE_CHECKING:
    from minikf.embedded.store import Change

_BY_RESOURCE = {f"{kind.plural}.{kind.group}": kind for kind in KINDS}


class Ref(NamedTuple):
    """Names one object of any kind."""

    kind: Kind
    namespace: str
    name: str

    @property
    def key(self) -> Key:
        """The reference as a work queue's key, e.g. `("default", "jobs.batch/one")`."""
        return Key(self.namespace, f"{self.kind.plural}.{self.kind.group}/{self.name}")

    @classmethod
    def read(cls, key: Key) -> Ref:
        resource, _, name = key.name.partition("/")
        return cls(_BY_RESOURCE[resource], key.namespace, name)


class Ownership:
    """Dependents by the uid of their owner."""

    def __init__(self) -> None:
        self._dependents: dict[str, set[Ref]] = {}
        self._owners: dict[Ref, frozenset[str]] = {}

    def hear(self, change: Change) -> Ref:
        """Takes in a change and returns which object it was about."""
        entry = change.entry
        ref = Ref(change.kind, entry.namespace, entry.name)
        owners: frozenset[str] = frozenset() if change.type == "DELETED" else entry.owners
        before = self._owners.get(ref, frozenset())
        if owners == before:
            return ref
        for uid in before - owners:
            self._dependents[uid].discard(ref)
            if not self._dependents[uid]:
                del self._dependents[uid]
        for uid in owners - before:
            self._dependents.setdefault(uid, set()).add(ref)
        if owners:
            self._owners[ref] = owners
        else:
            self._owners.pop(ref, None)
        return ref

    def dependents(self, uid: str) -> list[Ref]:
        return sorted(self._dependents.get(uid, ()), key=lambda ref: ref.key)
