"""All objects of a platform: optimistic concurrency in memory, durable before it is acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError
from minikf.embedded.store.database import Database, Row
from minikf.embedded.store.entry import Change, Entry, Object
from minikf.embedded.store.subscription import Ring, Subscription

Key = tuple[str, str]
T = TypeVar("T")


def storage_failed(error: Exception) -> ApiError:
    """What a client is told when a write could not be made durable; nothing of it is kept."""
    return ApiError(
        500,
        "InternalError",
        f"the platform's database could not write ({error}); nothing was changed: free disk space, then try again",
    )


@dataclass(eq=False)
class Write:
    """A staged change on its way to the disk. `entry` is the new version (for a removal the last one)."""

    change: Change
    done: asyncio.Future[None]

    @property
    def entry(self) -> Entry:
        return self.change.entry


class Store:
    """Used from one event loop only; the committer has a thread of its own.

    A staged write is seen by the next writer at once. Readers go through `durable()`, so nobody is
    told of a state that a power cut could take back; subscribers hear of committed changes only.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._objects: dict[Kind, dict[Key, Entry]] = {kind: {} for kind in kinds.KINDS}
        self._sorted: dict[Kind, list[Key] | None] = {}
        self._rv, rows = self._database.load()
        self._foreign: list[str] = []
        for key, raw in rows:
            group, plural, namespace, name = key.split("\x00")
            kind = next((k for k in kinds.KINDS if (k.group, k.plural) == (group, plural)), None)
            if kind is None:
                self._foreign.append(key)
                continue
            self._objects[kind][namespace, name] = Entry.read(raw)
        self.committed_rv = self._rv
        self._ring = Ring(self._rv)
        self._in_flight: deque[Write] = deque()
        self._epoch = 0
        self._subscribers: list[Subscription] = []
        self._loop = asyncio.get_running_loop()
        self._database.start(self._committed_in_thread)

    @property
    def rv(self) -> int:
        """The resourceVersion of the newest staged write."""
        return self._rv

    @property
    def oldest_rv(self) -> int:
        """Watches can resume from here on."""
        return self._ring.oldest_rv

    def get(self, kind: Kind, namespace: str, name: str) -> Entry | None:
        return self._objects[kind].get((namespace if kind.namespaced else "", name))

    def list(self, kind: Kind, namespace: str = "") -> list[Entry]:
        """The entries of a kind in the order of namespace and name."""
        table = self._objects[kind]
        keys = self._sorted.get(kind)
        if keys is None:
            keys = self._sorted[kind] = sorted(table)
        if namespace and kind.namespaced:
            return [table[key] for key in keys if key[0] == namespace]
        return [table[key] for key in keys]

    def put(self, kind: Kind, obj: Object) -> Write:
        """Stages a new version of an object and gives it its resourceVersion; `obj` must not be used afterwards."""
        meta = obj["metadata"]
        key = (meta.get("namespace", "") if kind.namespaced else "", meta["name"])
        self._rv += 1
        meta["resourceVersion"] = str(self._rv)
        entry = Entry.of(obj)
        old = self._objects[kind].get(key)
        self._objects[kind][key] = entry
        if old is None:
            self._sorted[kind] = None
        change = Change(self._rv, "ADDED" if old is None else "MODIFIED", kind, entry, old)
        return self._stage(change, Row(self._row_key(kind, key), self._rv, entry.raw))

    def remove(self, kind: Kind, obj: Object) -> Write:
        """Stages the removal of an object; `obj` is its last version, which watchers are sent."""
        meta = obj["metadata"]
        key = (meta.get("namespace", "") if kind.namespaced else "", meta["name"])
        self._rv += 1
        meta["resourceVersion"] = str(self._rv)
        old = self._objects[kind].pop(key)
        self._sorted[kind] = None
        change = Change(self._rv, "DELETED", kind, Entry.of(obj), old)
        return self._stage(change, Row(self._row_key(kind, key), self._rv, None))

    async def durable(self, read: Callable[[], T]) -> T:
        """What `read` finds, once everything it could see is on disk; read again when a write it saw failed."""
        while True:
            found = read()
            if not self._in_flight:
                return found
            newest = self._in_flight[-1].done
            await asyncio.wait([newest])
            if newest.exception() is None:
                return found

    def subscribe(self, only: Collection[Kind] | None = None) -> Subscription:
        """Changes committed from now on, in order."""
        subscription = Subscription(only)
        self._subscribers.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.close()
        if subscription in self._subscribers:
            self._subscribers.remove(subscription)

    def since(self, rv: int, kind: Kind) -> Sequence[Change]:
        """The committed changes of a kind after `rv`. Raises ApiError 410 when they are no longer kept."""
        if rv < self._ring.oldest_rv:
            raise ApiError(410, "Expired", f"too old resource version: {rv} ({self._ring.oldest_rv})")
        return self._ring.since(rv, kind)

    def end_subscriptions(self) -> None:
        """Ends all watches, so that their connections can close."""
        for subscription in list(self._subscribers):
            self.unsubscribe(subscription)

    def close(self) -> None:
        """Commits what is staged and closes the file."""
        self.end_subscriptions()
        self._database.close()

    @staticmethod
    def _row_key(kind: Kind, key: Key) -> str:
        return "\x00".join((kind.group, kind.plural, *key))

    def _stage(self, change: Change, row: Row) -> Write:
        write = Write(change, self._loop.create_future())
        self._in_flight.append(write)
        self._database.submit(row, self._epoch)
        return write

    def _committed_in_thread(self, count: int, error: Exception | None) -> None:
        self._loop.call_soon_threadsafe(self._committed, count, error)

    def _committed(self, count: int, error: Exception | None) -> None:
        if error is not None:
            self._roll_back(error)
            return
        batch = [self._in_flight.popleft() for _ in range(count)]
        for write in batch:
            self.committed_rv = write.change.rv
            self._ring.add(write.change)
            for subscription in self._subscribers:
                if subscription.wants(write.change):
                    subscription.push(write.change)
            if not write.done.done():
                write.done.set_result(None)

    def _roll_back(self, error: Exception) -> None:
        # Writes staged after the failed ones rest on them, so all that is in flight falls.
        self._epoch += 1
        while self._in_flight:
            write = self._in_flight.pop()
            change = write.change
            key = (change.entry.namespace if change.kind.namespaced else "", change.entry.name)
            if change.old is None:
                self._objects[change.kind].pop(key, None)
            else:
                self._objects[change.kind][key] = change.old
            self._sorted[change.kind] = None
            if not write.done.done():
                write.done.set_exception(storage_failed(error))
                # A writer that was cancelled never looks at it.
                write.done.exception()
