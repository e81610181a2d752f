"""What the store keeps of an object, and what it tells about a change."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import orjson

from minikf.embedded.kinds import Kind

Object = dict[str, Any]
_NOBODY: frozenset[str] = frozenset()


class Entry:
    """One version of an object. Immutable: change a `copy()`.

    `raw` is the JSON that clients and SQLite get; `rv` its resourceVersion. The parsed object is made on first use,
    since a list of ten thousand objects needs only the bytes.
    """

    def __init__(self, raw: bytes, meta: Object, rv: int, labels: dict[str, str]) -> None:
        self.raw = raw
        self.rv = rv
        self.namespace: str = meta.get("namespace", "")
        self.name: str = meta["name"]
        self.uid: str = meta.get("uid", "")
        self.labels = labels
        # What the garbage collector asks of every change: the uids of the owners, and whether it is being deleted.
        owners = meta.get("ownerReferences")
        self.owners: frozenset[str] = frozenset(owner["uid"] for owner in owners) if owners else _NOBODY
        self.is_deleted = "deletionTimestamp" in meta

    @classmethod
    def of(cls, obj: Object) -> Entry:
        """The entry of a complete object, `metadata.resourceVersion` included."""
        meta = obj["metadata"]
        # Copied: what orjson 3.13 gives holds on to a buffer of 64 KiB, however short the text is.
        raw = bytes(memoryview(orjson.dumps(obj)))
        return cls(raw, meta, int(meta["resourceVersion"]), dict(meta.get("labels") or ()))

    @classmethod
    def read(cls, raw: bytes) -> Entry:
        """The entry of bytes that `of` once made."""
        meta = orjson.loads(raw)["metadata"]
        return cls(raw, meta, int(meta["resourceVersion"]), meta.get("labels") or {})

    def shown_as(self, kind: Kind) -> Entry:
        """What a client sees that asks for the version of `kind`: the fields are the same in all of them."""
        if kind.shows is None:
            return self
        obj = self.copy()
        obj["apiVersion"] = kind.api_version
        return Entry(orjson.dumps(obj), obj["metadata"], self.rv, self.labels)

    @cached_property
    def obj(self) -> Object:
        """The parsed object, shared by all readers: never change it."""
        parsed: Object = orjson.loads(self.raw)
        return parsed

    def forget(self) -> None:
        """Lets go of the parsed object, which takes several times the room of the bytes; who wants it parses again."""
        self.__dict__.pop("obj", None)

    def copy(self) -> Object:
        """An object of the caller's own (an orjson round trip is about eight times faster than deepcopy)."""
        parsed: Object = orjson.loads(self.raw)
        return parsed


class Change:
    """One committed change, in resourceVersion order. `old` is the version before, for ADDED None."""

    def __init__(self, rv: int, type_: str, kind: Kind, entry: Entry, old: Entry | None) -> None:
        self.rv = rv
        self.type = type_
        self.kind = kind
        self.entry = entry
        self.old = old

    @cached_property
    def line(self) -> bytes:
        """The change as a line of a watch, encoded once for all watchers."""
        return b'{"type":"%s","object":%s}\n' % (self.type.encode(), self.entry.raw)

    def forget(self) -> None:
        """Lets go of all that can be made again."""
        self.__dict__.pop("line", None)
        self.entry.forget()
        if self.old is not None:
            self.old.forget()
