"""Calls what has to be looked at ten times a second, and sleeps when there is nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger("minikf.pods")

INTERVAL_SECONDS = 0.1


class Ticker:
    """Runs only while something is registered."""

    def __init__(self) -> None:
        self._calls: dict[object, Callable[[], None]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, key: object, call: Callable[[], None]) -> None:
        """Calls `call()` at every tick until `remove(key)`."""
        self._calls[key] = call
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="pods: ticker")

    def remove(self, key: object) -> None:
        self._calls.pop(key, None)
        if not self._calls and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            for key, call in list(self._calls.items()):
                try:
                    call()
                except Exception:
                    # One container's trouble must not blind us for the others.
                    log.exception("%s failed and is no longer looked at", key)
                    self._calls.pop(key, None)
