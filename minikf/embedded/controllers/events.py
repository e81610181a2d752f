"""Kubernetes Events: recorded without waiting, the same thing said again is counted, old ones expire."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from minikf.embedded.controllers.context import LEISURE, Clock, SystemClock
from minikf.embedded.controllers.eventseries import MESSAGE_LIMIT, Said, Series, last_seen
from minikf.embedded.kinds import EVENT
from minikf.embedded.options import Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

log = logging.getLogger("minikf.events")

# An event is kept for an hour, as kube-apiserver's --event-ttl does by default.
TTL = timedelta(hours=1)
SWEEP_SECONDS = 60.0
# The oldest go when there are more.
MOST_EVENTS = 5_000
# A repeated event is written at most once in this time; what comes meanwhile is counted.
REPEAT_SECONDS = 1.0


@dataclass
class EventRecorder:
    """Writes events in the background. `record` speaks for the engine itself, `of(...)` for one of its parts."""

    objects: Objects
    clock: Clock = field(default_factory=SystemClock)
    leisure: float = LEISURE

    def __post_init__(self) -> None:
        self._series: dict[Said, Series] = {}
        self._pending: dict[Said, None] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def of(self, component: str) -> ComponentRecorder:
        """A recorder whose events name `component` as their source."""
        return ComponentRecorder(self, component)

    def record(self, obj: Object, type_: str, reason: str, message: str, *, field_path: str = "") -> None:
        """See `ComponentRecorder.record`; the source is `minikf`."""
        self.of("minikf").record(obj, type_, reason, message, field_path=field_path)

    async def start(self) -> None:
        """Takes up the events that are already there and begins to write and to expire."""
        for entry in self.objects.list(EVENT):
            self._series[Said.read(entry.obj)] = Series.adopt(entry.copy())
        self._tasks = [
            asyncio.create_task(self._write_forever(), name="events: write"),
            asyncio.create_task(self._sweep_forever(), name="events: expire"),
        ]

    async def stop(self) -> None:
        """Writes what was said and stops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.flush()

    def say(self, obj: Object, said: Said) -> None:
        """See `ComponentRecorder.record`."""
        now = self.clock.now()
        series = self._series.get(said)
        if series is None or self._is_lost(series):
            fresh = self._series[said] = Series.begin(obj, said, now)
            fresh.count += series.count if series is not None else 0
        else:
            series.count += 1
            series.last = now
        self._pending[said] = None
        self._wake.set()

    async def flush(self) -> None:
        """Writes everything that was said so far."""
        pending, self._pending = self._pending, {}
        try:
            # Together, so that one disk sync serves all.
            results = await asyncio.gather(*(self._write(said) for said in pending), return_exceptions=True)
        except asyncio.CancelledError:
            self._pending = pending | self._pending
            raise
        for error in results:
            if error is not None:
                log.error("an event could not be written", exc_info=error)

    async def sweep(self) -> None:
        """Deletes what expired, then the oldest beyond the bound."""
        limit = self.clock.now() - TTL
        by_age = sorted(self.objects.list(EVENT), key=lambda entry: last_seen(entry.obj))
        too_many = len(by_age) - MOST_EVENTS
        for place, entry in enumerate(by_age):
            if last_seen(entry.obj) < limit or place < too_many:
                with contextlib.suppress(ApiError):  # somebody else deleted it
                    await self.objects.delete(EVENT, entry.namespace, entry.name)
        kept = {(entry.namespace, entry.name) for entry in self.objects.list(EVENT)}
        self._series = {
            said: series
            for said, series in self._series.items()
            if said in self._pending or (series.namespace, series.name) in kept
        }

    def _is_lost(self, series: Series) -> bool:
        """Whether somebody deleted the Event, or it expired."""
        return not series.body and self.objects.find(EVENT, series.namespace, series.name) is None

    async def _write_forever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(self.leisure)  # what is said meanwhile is written with it
            self._wake.clear()
            now = self.clock.monotonic()
            held = {said: self._series[said].hold_until for said in self._pending}
            held = {said: until for said, until in held.items() if until > now}
            self._pending = {said: None for said in self._pending if said not in held}
            await self.flush()
            if held:
                self._pending |= dict.fromkeys(held)
                asyncio.get_running_loop().call_later(min(held.values()) - now, self._wake.set)

    async def _sweep_forever(self) -> None:
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _write(self, said: Said) -> None:
        series = self._series[said]
        if series.written == series.count:
            return
        count, news = series.count, series.news()
        try:
            if not series.body:
                await self.objects.patch(EVENT, series.namespace, series.name, lambda event: event | news)
            else:
                body = series.body | news
                body["metadata"] = dict(body["metadata"])  # the store keeps it, and the series is written again
                await self.objects.create(EVENT, series.namespace, body, opts=Options(trusted=True))
                series.body = {}  # thousands of them are room that others need
        except ApiError as error:
            # Its namespace is going or gone: nobody can read it any more. client-go drops such events, too.
            log.info("event %s on %s was not written: %s", said.reason, series.name, error.message)
            self._series.pop(said, None)
            return
        series.written = count
        series.hold_until = self.clock.monotonic() + REPEAT_SECONDS


@dataclass(frozen=True)
class ComponentRecorder:
    """Records events in the name of one component."""

    recorder: EventRecorder
    component: str

    def record(self, obj: Object, type_: str, reason: str, message: str, *, field_path: str = "") -> None:
        """Says that something happened to `obj`. `type_` is Normal or Warning, `reason` one CamelCase word.

        Returns at once; the event is written soon after.
        """
        uid = str(obj["metadata"].get("uid", ""))
        said = Said(uid, type_, reason, message[:MESSAGE_LIMIT], self.component, field_path)
        self.recorder.say(obj, said)
