"""Makes the runs of recurring runs when they are due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

from minikf.embedded.pipelines.api.errors import worded
from minikf.embedded.pipelines.api.schedule import next_time
from minikf.embedded.pipelines.records import RunRecord
from minikf.embedded.pipelines.store import Listing, PipelineStore, RecurringRun, StoreFailed

# A machine that slept, or whose clock was set, is noticed at most this long afterwards.
LOOK_SECONDS = 5.0
# Runs are told apart by what they are for, so that the same time cannot have two.
_RUNS = uuid.uuid5(uuid.NAMESPACE_URL, "minikf/recurringruns")

_log = logging.getLogger(__name__)


class Scheduler:
    """`create_run(recurring, scheduled, run_id)` gives a checked run that is not stored; `launch(run_id)` begins one.

    A time is noted as served in the transaction that stores its run, and `next_time` only gives later ones: neither a
    kill nor a clock that steps back makes a second run for it.
    """

    def __init__(
        self,
        store: PipelineStore,
        create_run: Callable[[RecurringRun, float, str], Awaitable[RunRecord]],
        launch: Callable[[str], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._create_run = create_run
        self._launch = launch
        self._clock = clock
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="pipelines scheduler")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def wake(self) -> None:
        """A schedule was made or changed."""
        self._wake.set()

    async def look(self) -> float | None:
        """Makes the runs that are due now; the next time at which one is, None where no schedule goes on."""
        times = []
        for recurring in self._store.recurring_runs(Listing(equal=(("enabled", 1),))).items:
            following = await self._serve(recurring)
            if following is not None:
                times.append(following)
        return min(times, default=None)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            patience: float | None = LOOK_SECONDS
            try:
                following = await self.look()
                # Without any schedule there is nothing to look for until one is made.
                patience = None if following is None else min(max(following - self._clock(), 0.01), LOOK_SECONDS)
            except StoreFailed as error:
                _log.warning("schedules wait: %s", error)
            except Exception:
                _log.exception("schedules could not be looked at")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), patience)

    async def _serve(self, recurring: RecurringRun) -> float | None:
        """Makes this recurring run's runs that are due and may be; its next time, LOOK_SECONDS on while it is full."""
        while True:
            now = self._clock()
            due = next_time(recurring, now)
            if due is None or due > now:
                return due
            if self._store.unfinished_of(recurring.id) >= recurring.max_concurrency:
                return now + LOOK_SECONDS / 5
            run_id = str(uuid.uuid5(_RUNS, f"{recurring.id}/{due:.3f}"))
            served = replace(recurring, last_scheduled=due, index=recurring.index + 1, error="")
            run: RunRecord | None = None
            try:
                run = await self._create_run(served, due, run_id)
            except Exception as error:
                answer = worded(error)
                if answer is None or isinstance(error, StoreFailed):
                    raise
                # What it runs is gone or wrong: told on the recurring run, which goes on with its next time.
                _log.warning("recurring run %s: %s", recurring.name, answer)
                served = replace(served, error=str(answer), index=recurring.index)
            if not await self._store.note_scheduled(served, run):
                return None  # deleted or changed meanwhile: whoever did it wakes the scheduler
            if run is not None:
                await self._launch(run.id)
            recurring = served
