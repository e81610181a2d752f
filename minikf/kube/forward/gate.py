"""What is behind one door: connections to the pods of its Service, those that are idle kept for the next request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from minikf.errors import MinikfError
from minikf.kube.credentials import Credentials
from minikf.kube.forward.carry import Broken, Carry
from minikf.kube.forward.find import NotThere, Place, places
from minikf.kube.forward.secured import Secured
from minikf.kube.forward.targets import Target
from minikf.kube.rest import RestClient

log = logging.getLogger("minikf.forward")

_KNOWN_SECONDS = 5.0
"""How long what was found is believed; what cannot be reached is looked for anew at once."""
_IDLE_SECONDS = 20.0
_MOST_IDLE = 4


@dataclass(frozen=True)
class Cluster:
    """The way to the API server."""

    client: RestClient
    credentials: Credentials


@dataclass
class Line:
    """A connection to a pod that has carried `served` requests."""

    carry: Carry | Secured
    place: Place
    served: int = 0


class Gate:
    """All requests for one target go through one of these. `find` looks for the pods; blocks; raises as `places`."""

    def __init__(
        self,
        target: Target,
        cluster: Callable[[], Cluster],
        find: Callable[[RestClient, Target], list[Place]] = places,
    ) -> None:
        self.target = target
        self._cluster = cluster
        self._find = find
        self._found: tuple[float, list[Place]] = (0.0, [])
        self._idle: list[tuple[Line, asyncio.TimerHandle]] = []
        self._looking: asyncio.Task[list[Place]] | None = None

    async def line(self, *, fresh: bool = False) -> Line:
        """One that leads to a ready pod; with `fresh` one that has carried nothing. Raises Broken and NotThere."""
        while self._idle and not fresh:
            line, timer = self._idle.pop()
            timer.cancel()
            if await line.carry.alive():
                return line
            line.carry.close()
        return await self._open()

    def give_back(self, line: Line) -> None:
        """It has carried a whole request and its whole answer."""
        line.served += 1
        if len(self._idle) >= _MOST_IDLE or not line.carry.usable:
            line.carry.close()
            return
        entry: list[tuple[Line, asyncio.TimerHandle]] = []
        timer = asyncio.get_running_loop().call_later(_IDLE_SECONDS, lambda: self._drop(entry[0]))
        entry.append((line, timer))
        self._idle.append(entry[0])

    def close(self) -> None:
        for line, timer in self._idle:
            timer.cancel()
            line.carry.close()
        self._idle.clear()

    def _drop(self, entry: tuple[Line, asyncio.TimerHandle]) -> None:
        if entry in self._idle:
            self._idle.remove(entry)
        entry[0].carry.close()

    async def _open(self) -> Line:
        """Tries every ready pod, and once more those that are ready by then."""
        why: Broken | None = None
        for again in (False, True):
            for place in await self._places(again=again):
                try:
                    carry = await Carry.open(self._cluster().credentials, place)
                    return Line(await Secured.open(carry) if place.tls else carry, place)
                except Broken as broken:
                    log.info("%s: %s", self.target.name, broken)
                    why = broken
                    if not broken.gone:  # the API server itself: another pod is no help
                        raise
        assert why is not None
        raise why

    async def _places(self, *, again: bool) -> list[Place]:
        """As they were found last, or found now; all who ask meanwhile share one looking, and its failure."""
        since, found = self._found
        if found and not again and time.monotonic() - since < _KNOWN_SECONDS:
            return found
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> list[Place]:
        try:
            found = await asyncio.to_thread(self._find, self._cluster().client, self.target)
        except MinikfError as error:
            raise Broken(f"{error.message}: {error.cause}") from error
        except NotThere:
            self._found = (0.0, [])
            raise
        self._found = (time.monotonic(), found)
        return found
