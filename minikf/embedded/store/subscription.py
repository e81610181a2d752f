"""Watchers of the store and the ring of recent changes that lets them resume."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator

from minikf.embedded.kinds import Kind
from minikf.embedded.store.entry import Change

# A watcher that is this far behind is cut off and lists again, as the real API server does with slow watchers.
QUEUE_LIMIT = 50_000
RING_CHANGES = 10_000
RING_BYTES = 8 * 1024 * 1024
# Of so many changes what was parsed is kept: whoever is interested looks at them soon.
PARSED_CHANGES = 200


class Subscription:
    """An endless asynchronous iterator of changes from the moment it was made; ends when closed or too slow."""

    def __init__(self, kinds: Collection[Kind] | None) -> None:
        self.kinds = None if kinds is None else frozenset(kinds)
        self.closed = False
        self.overflowed = False
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()

    def wants(self, change: Change) -> bool:
        return self.kinds is None or change.kind in self.kinds

    def push(self, change: Change) -> None:
        if self._queue.qsize() >= QUEUE_LIMIT:
            self.overflowed = True
            self.close()
        elif not self.closed:
            self._queue.put_nowait(change)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._queue.put_nowait(None)

    async def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None when closed. Raises TimeoutError after `timeout` seconds without one."""
        if timeout is None:
            return await self._queue.get()
        async with asyncio.timeout(timeout):
            return await self._queue.get()

    def ready(self) -> Iterator[Change]:
        """The changes that are already here, without waiting."""
        while not self._queue.empty():
            change = self._queue.get_nowait()
            if change is None:
                self._queue.put_nowait(None)
                return
            yield change

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Change:
        change = await self._queue.get()
        if change is None:
            raise StopAsyncIteration
        return change


class Ring:
    """The most recent changes, bounded by number and bytes."""

    def __init__(self, base_rv: int) -> None:
        self._changes: deque[Change] = deque()
        self._bytes = 0
        # A watch can resume from this resourceVersion on; from before it, it gets 410.
        self.oldest_rv = base_rv

    def add(self, change: Change) -> None:
        self._changes.append(change)
        self._bytes += len(change.entry.raw)
        if len(self._changes) > PARSED_CHANGES:
            self._changes[-PARSED_CHANGES - 1].forget()
        while len(self._changes) > RING_CHANGES or self._bytes > RING_BYTES:
            gone = self._changes.popleft()
            self._bytes -= len(gone.entry.raw)
            self.oldest_rv = gone.rv

    def since(self, rv: int, kind: Kind) -> list[Change]:
        """The changes of a kind after `rv`; the caller has checked `rv >= oldest_rv`."""
        return [change for change in self._changes if change.rv > rv and change.kind is kind]
