"""Processors that steps share: bounded, and fair over runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(eq=False)
class _Waiter:
    run_id: str
    wanted: int
    granted: asyncio.Future[None]


class Slots:
    """`total` processors. The run that holds the fewest is served first, and within a run who came first.

    Who is next and wants more than is free holds up those behind it: else small steps could keep a large one out.
    """

    def __init__(self, total: int) -> None:
        self.total = max(1, total)
        self.free = self.total
        self._held: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []

    @contextlib.asynccontextmanager
    async def hold(self, run_id: str, processors: int) -> AsyncIterator[None]:
        """Waits for `processors` (all there are, when more are wanted) and gives them back at the end."""
        wanted = min(max(1, processors), self.total)
        waiter = _Waiter(run_id, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._serve()
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.cancelled():
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
                self._serve()  # it may have held up others
            else:  # granted and cancelled in the same moment
                self._give_back(waiter)
            raise
        try:
            yield
        finally:
            self._give_back(waiter)

    def _give_back(self, waiter: _Waiter) -> None:
        self.free += waiter.wanted
        self._held[waiter.run_id] -= waiter.wanted
        if not self._held[waiter.run_id]:
            del self._held[waiter.run_id]
        self._serve()

    def _serve(self) -> None:
        while self._waiting:
            # min() keeps the first of equals, so within a run the order is that of arrival.
            chosen = min(self._waiting, key=lambda waiter: self._held[waiter.run_id])
            if chosen.granted.done():  # cancelled, and not yet told
                self._waiting.remove(chosen)
                continue
            if chosen.wanted > self.free:
                return
            self._waiting.remove(chosen)
            self.free -= chosen.wanted
            self._held[chosen.run_id] += chosen.wanted
            chosen.granted.set_result(None)
