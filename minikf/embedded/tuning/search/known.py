"""What the trials so far tell every algorithm: their values, what is under way, and which points are taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from minikf.embedded.tuning.search.model import EARLY_STOPPED, PENDING, RUNNING, SUCCEEDED, Observed, Problem
from minikf.embedded.tuning.search.seeds import dice
from minikf.embedded.tuning.search.space import Space

Key = tuple[str, ...]
_TRIES = 20  # draws before a small space is looked through
_ENUMERABLE = 4096  # combinations that are looked through; in larger spaces 20 draws do not all collide by chance


def value(trial: Observed) -> float | None:
    """The objective that a search may learn from: of a trial that succeeded or was stopped early, and finite.

    A metric that is NaN or infinite teaches as little as one that is missing.
    """
    if trial.state not in (SUCCEEDED, EARLY_STOPPED) or trial.objective is None:
        return None
    return trial.objective if math.isfinite(trial.objective) else None


def under_way(trial: Observed) -> bool:
    """Whether its result is still to come."""
    return trial.state in (PENDING, RUNNING)


@dataclass(frozen=True)
class Known:
    """The trials of an experiment in order of creation."""

    problem: Problem
    space: Space
    trials: tuple[Observed, ...]

    @cached_property
    def learnt(self) -> tuple[tuple[Observed, float], ...]:
        """Trials of this space with their loss, which is to be made small whatever the goal."""
        sign = -1.0 if self.problem.goal_type == "maximize" else 1.0
        values = ((trial, value(trial)) for trial in self.trials)
        return tuple((trial, sign * number) for trial, number in values if number is not None and self._inside(trial))

    def _inside(self, trial: Observed) -> bool:
        return self.space.holds(trial.assignments)

    @cached_property
    def busy(self) -> frozenset[Key]:
        """The points that are being tried."""
        return frozenset(self.space.key(trial.assignments) for trial in self.trials if under_way(trial))

    @cached_property
    def seen(self) -> frozenset[Key]:
        """The points that were ever suggested."""
        return frozenset(self.space.key(trial.assignments) for trial in self.trials)


def distinct(known: Known, taken: Sequence[Key], draw: Callable[[int], dict[str, str]], repeat: bool) -> dict[str, str]:
    """A point that is not being tried already, if there is one: `draw(attempt)` is asked until it gives one.

    `taken` are the points of the same batch. Unless `repeat`, points that were tried before are avoided as well, as
    long as there are others: a second look at the same place teaches less.
    """
    space = known.space
    batch = frozenset(taken)
    busy = known.busy | batch
    wide = busy if repeat else known.seen | batch
    first: dict[str, str] | None = None
    for attempt in range(_TRIES):
        point = draw(attempt)
        if space.key(point) not in wide:
            return point
        if space.key(point) not in busy and first is None:
            first = point
    if space.size is not None and space.size <= _ENUMERABLE:
        every = [space.combination(index) for index in range(space.size)]
        free = [point for point in every if space.key(point) not in wide]
        free = free or [point for point in every if space.key(point) not in busy]
        if free:
            return dice(known.problem, "free", len(known.trials) + len(taken)).choice(free)
    return first or point
