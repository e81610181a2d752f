"""Which `GET /runs/{id}` wait a moment for the run's end, and which are answered at once.

`kfp.Client.wait_for_run_completion` asks, and if the run is not over sleeps five seconds before it asks again, so that
a run of half a second would take five. Held are therefore, for at most HOLD_SECONDS and only until the run is over:
- requests in the first HOLD_SECONDS of a run, and
- requests of those who ask about every five seconds: the last answer for this run is 4.5 to 7 seconds old.
Everyone else, such as a screen that asks each second, is answered at once; so are all lists. A client of our own says
with `Prefer: wait=N` (RFC 7240) how many seconds it would wait, 0 for none, PREFER_SECONDS at most.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from minikf.embedded.pipelines.api.keeper import Keeper
from minikf.embedded.pipelines.records import RunRecord
from minikf.embedded.pipelines.store import PipelineStore

HOLD_SECONDS = 4.0
PREFER_SECONDS = 30.0
_RHYTHM = (4.5, 7.0)  # seconds between an answer and the next request of a client that sleeps five
_REMEMBERED = 256  # answers after which old ones are looked for
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,6})(?=$|[,;\s])", re.ASCII)


class Holding:
    """Waits for runs; `stop` lets all who wait go, so that a daemon that ends does not wait for them."""

    def __init__(self, store: PipelineStore, keeper: Keeper, clock: Callable[[], float]) -> None:
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._answered: dict[str, float] = {}
        self._stopped = asyncio.Event()

    async def run(self, run_id: str, prefer: str) -> RunRecord | None:
        """The run as it is at the end of the wait. `prefer` is the request's Prefer header, "" for none."""
        changed = asyncio.ensure_future(self._keeper.changed(run_id))
        try:
            run = self._store.run(run_id)
            if run is None or run.state.is_over:
                self._answered.pop(run_id, None)
                return run
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self._patience(run, prefer, loop.time())
            while not run.state.is_over and await self._next(changed, deadline - loop.time()):
                changed = asyncio.ensure_future(self._keeper.changed(run_id))
                run = self._store.run(run_id)
                if run is None:
                    return None
            if run.state.is_over:
                self._answered.pop(run_id, None)
            else:
                self._note(run_id, loop.time())
            return run
        finally:
            changed.cancel()

    def stop(self) -> None:
        self._stopped.set()

    def _note(self, run_id: str, now: float) -> None:
        """Remembers an answer, and forgets those that nobody came back for."""
        if len(self._answered) >= _REMEMBERED:
            self._answered = {key: then for key, then in self._answered.items() if now - then <= _RHYTHM[1]}
        self._answered[run_id] = now

    def _patience(self, run: RunRecord, prefer: str, now: float) -> float:
        """Seconds to wait at most."""
        wished = _WAIT.search(prefer)
        if wished is not None:
            return min(float(wished.group(1)), PREFER_SECONDS)
        age = self._clock() - run.created
        if 0 <= age < HOLD_SECONDS:
            return HOLD_SECONDS
        last = self._answered.get(run.id)
        return HOLD_SECONDS if last is not None and _RHYTHM[0] <= now - last <= _RHYTHM[1] else 0.0

    async def _next(self, changed: asyncio.Future[object], seconds: float) -> bool:
        """Whether the run changed in time."""
        if seconds <= 0 or self._stopped.is_set():
            return False
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            done, _ = await asyncio.wait((changed, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return changed in done
