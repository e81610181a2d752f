"""What controllers are given to work with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from minikf.embedded.controllers.events import EventRecorder
    from minikf.embedded.objects import Objects
    from minikf.paths import PlatformPaths


class Clock(Protocol):
    """Time, so that tests can move it."""

    def now(self) -> datetime:
        """The wall clock, UTC; may step back."""

    def monotonic(self) -> float:
        """Seconds that never step back."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


# What nobody waits for (events, counts, clean-up) is put off by so long, in seconds: the next pod starts before it.
LEISURE = 0.05


@dataclass(frozen=True)
class Context:
    """`pods` is the supervisor of pod processes, for the pod controller and the pods' subresources.

    `leisure` is for how many seconds a controller puts off what nobody waits for.
    """

    objects: Objects
    paths: PlatformPaths
    events: EventRecorder
    pods: Any = None
    clock: Clock = field(default_factory=SystemClock)
    leisure: float = LEISURE


def parse_time(text: str) -> datetime:
    """Reads a metav1.Time or MicroTime. Raises ValueError on anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return moment
