"""Curves that grow line by line, in bounded memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from minikf.views.text import plain
from minikf.views.training.readings import Reading, read

MOST_POINTS = 1000
"""Points of a curve; when it is full every second one goes, and from then on every second value is kept."""
MOST_CURVES = 32
Points = tuple[tuple[float, float | None], ...]


@dataclass(frozen=True)
class Point:
    """`count` numbers the values of a curve from 1."""

    count: int
    value: float
    step: float | None = None
    epoch: float | None = None


@dataclass
class Curve:
    """One metric over the training. The last value is always a part of it."""

    name: str
    kept: list[Point] = field(default_factory=list)
    every: int = 1
    last: Point | None = None

    @property
    def count(self) -> int:
        """How many values it has had."""
        return self.last.count if self.last else 0

    @property
    def least(self) -> float | None:
        return min((each.value for each in self.all if math.isfinite(each.value)), default=None)

    @property
    def all(self) -> list[Point]:
        tail = [self.last] if self.last and (not self.kept or self.kept[-1] is not self.last) else []
        return [*self.kept, *tail]

    def add(self, value: float, step: float | None = None, epoch: float | None = None) -> None:
        self.last = Point(self.count + 1, value, step, epoch)
        if (self.last.count - 1) % self.every == 0:
            self.kept.append(self.last)
        if len(self.kept) > MOST_POINTS:
            self.kept = self.kept[::2]
            self.every *= 2

    def over(self) -> tuple[str, Points]:
        """What the points are numbered by, and the points: steps or epochs where each value has one that is new."""
        points = self.all
        for name, of in (("step", _step), ("epoch", _epoch)):
            at = [found for each in points if (found := of(each)) is not None]
            if len(at) == len(points) > 1 and all(one < other for one, other in itertools.pairwise(at)):
                return name, tuple((x, each.value) for x, each in zip(at, points, strict=True))
        return "value", tuple((float(each.count), each.value) for each in points)


@dataclass
class Curves:
    """All metrics of one log. Of too many names those go that have had the fewest values."""

    by_name: dict[str, Curve] = field(default_factory=dict)

    def feed(self, line: str) -> bool:
        """Whether the line said something."""
        reading = read(plain(line))
        if reading is None:
            return False
        self.take(reading)
        return True

    def feed_all(self, lines: Iterable[str]) -> bool:
        """Whether any line said something; all are read."""
        return sum(self.feed(line) for line in lines) > 0

    def take(self, reading: Reading) -> None:
        for name, value in reading.values:
            self.take_value(name, value, reading.step, reading.epoch)

    def take_value(self, name: str, value: float, step: float | None = None, epoch: float | None = None) -> None:
        if name not in self.by_name and len(self.by_name) >= MOST_CURVES:
            self._make_room()
        self.by_name.setdefault(name, Curve(name)).add(value, step, epoch)

    def losses(self, most: int = 3) -> list[Curve]:
        """The curves to look at first: losses, else whatever changes, the longest first."""
        grown = sorted((each for each in self.by_name.values() if each.count > 1), key=lambda each: -each.count)
        found = [each for each in grown if "loss" in each.name.lower()]
        return (found or [each for each in grown if _changes(each)])[:most]

    @property
    def others(self) -> list[Curve]:
        """The other curves with more than one value, by name."""
        shown = self.losses()
        return sorted(
            (each for each in self.by_name.values() if each.count > 1 and each not in shown), key=lambda each: each.name
        )

    def _make_room(self) -> None:
        shortest = min(self.by_name.values(), key=lambda each: each.count)
        del self.by_name[shortest.name]


def together(curves: Iterable[Curve]) -> tuple[str, list[tuple[str, Points]]]:
    """Several curves over one axis: steps or epochs where all are numbered by these, else their values' numbers."""
    found = [(each, *each.over()) for each in curves]
    names = {by for _, by, _ in found}
    if len(names) == 1:
        return names.pop(), [(curve.name, points) for curve, _, points in found]
    return "value", [
        (curve.name, tuple((float(each.count), each.value) for each in curve.all)) for curve, _, _ in found
    ]


def _changes(curve: Curve) -> bool:
    return len({each.value for each in curve.kept}) > 1


def _step(point: Point) -> float | None:
    return point.step


def _epoch(point: Point) -> float | None:
    return point.epoch
