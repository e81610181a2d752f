"""The work queue of a controller: each key at most once, never in two hands, later again after failures."""

from __future__ import annotations

import asyncio
from collections import deque

from minikf.embedded.controllers.base import Key

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 60.0


class WorkQueue:
    """Keys to look at. A key added while it is being worked on comes again once that is done."""

    def __init__(self) -> None:
        self._ready: deque[Key] = deque()
        self._waiting: set[Key] = set()
        self._working: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: Key) -> None:
        """Asks for a look at `key` as soon as possible."""
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._working:
            self._ready.append(key)
            self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Asks for a look at `key` after a while; of several such wishes the earliest counts."""
        loop = asyncio.get_running_loop()
        due = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._due, key)

    def add_failed(self, key: Key) -> float:
        """Asks for another look after a failure; the pause (returned, seconds) doubles with each."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 20))
        self.add_after(key, pause)
        return pause

    def failures(self, key: Key) -> int:
        """How often `key` failed in a row."""
        return self._failures.get(key, 0)

    def forget_failures(self, key: Key) -> None:
        self._failures.pop(key, None)

    async def take(self) -> Key:
        """The next key, now in the caller's hands until `done(key)`."""
        while not self._ready:
            self._wake.clear()
            await self._wake.wait()
        key = self._ready.popleft()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: Key) -> None:
        """Gives the key back; it is ready again at once if it was added meanwhile."""
        self._working.discard(key)
        if key in self._waiting:
            self._ready.append(key)
            self._wake.set()

    @property
    def idle(self) -> bool:
        """Nothing ready and nothing in hand (keys that wait for their time do not count)."""
        return not self._ready and not self._working and not self._waiting

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
