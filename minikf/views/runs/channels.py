"""The lines between two layers of a graph. Pure.

Each source has a stem down from its column, a row along (its track), and a drop into each target's column. Two lines
touch only where they lead to the same target; elsewhere one passes over the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_CONFLICT = 1000  # cells of distance that are better than a line into another's stem


@dataclass(frozen=True)
class Port(Generic[K]):
    """A target, and the first and last column where a line may come in."""

    key: K
    first: int
    last: int

    @property
    def middle(self) -> int:
        return (self.first + self.last + 1) // 2


@dataclass(frozen=True)
class Channel:
    """`cells` are the directions in which lines leave a cell, by (column, row); `height` is in rows."""

    top: int
    height: int
    cells: Mapping[tuple[int, int], int]


@dataclass
class _Bus(Generic[K]):
    """The row along of one source."""

    source: K
    first: int
    last: int
    stem: int
    drops: dict[int, K]
    track: int = -1
    under: list[K] = field(default_factory=list)


def route(
    joined: Mapping[K, Sequence[K]], stems: Mapping[K, int], targets: Sequence[Port[K]], top: int
) -> tuple[Channel, dict[K, tuple[int, ...]]]:
    """The lines from each source to its targets, and the columns where they come into each target."""
    ins = _ports(joined, stems, targets)
    owner = {stems[key]: key for key in joined}
    buses: dict[K, _Bus[K]] = {}
    straight: list[int] = []
    for source, several in joined.items():
        stem, drops = stems[source], {ins[source, target]: target for target in several}
        if set(drops) == {stem}:
            straight.append(stem)
        else:
            buses[source] = _Bus(source, min([stem, *drops]), max([stem, *drops]), stem, drops)
    for bus in buses.values():
        above = [owner[column] for column in bus.drops if column in owner and owner[column] != bus.source]
        bus.under = [one for one in above if one in buses]
    tracks = _tracks(buses)
    height = max(1, len(tracks))
    columns: dict[K, tuple[int, ...]] = {}
    for (_source, target), column in ins.items():
        columns[target] = tuple(sorted({*columns.get(target, ()), column}))
    return Channel(top, height, _cells(buses, straight, tracks, top, height)), columns


def _ports(
    joined: Mapping[K, Sequence[K]], stems: Mapping[K, int], targets: Sequence[Port[K]]
) -> dict[tuple[K, K], int]:
    """The column in which the line from a source comes into a target, by (source, target).

    Lines that lead nowhere else share a column; each other one has its own where there is room, since where two lines
    meet nobody could tell whose the way on is.
    """
    sources: dict[K, list[K]] = {}
    for source, several in joined.items():
        for target in several:
            sources.setdefault(target, []).append(source)
    owner = {stems[key]: key for key in joined}
    found: dict[tuple[K, K], int] = {}
    for port in targets:
        own = sources.get(port.key, [])
        shared = [one for one in own if len(joined[one]) == 1]
        groups = [[one] for one in own if len(joined[one]) > 1] + ([shared] if shared else [])
        if 2 * len(groups) - 1 > port.last - port.first + 1:
            groups = [own]
        groups.sort(key=lambda group: sum(stems[one] for one in group) / len(group))
        for group, column in zip(groups, _columns(port, groups, stems, owner), strict=True):
            found.update(((one, port.key), column) for one in group)
    return found


def _columns(port: Port[K], groups: Sequence[Sequence[K]], stems: Mapping[K, int], owner: Mapping[int, K]) -> list[int]:
    """A column for each group: straight down where that can be, else around the middle, beside stems of others."""
    if len(groups) == 1 and len(groups[0]) == 1 and port.first <= stems[groups[0][0]] <= port.last:
        return [stems[groups[0][0]]]
    length = 2 * len(groups) - 1
    starts = range(port.first, port.last - length + 2)

    def cost(start: int) -> tuple[int, int]:
        columns = range(start, start + length, 2)
        met = sum(column in owner and owner[column] not in group for column, group in zip(columns, groups, strict=True))
        return met * _CONFLICT + abs(start + len(groups) - 1 - port.middle), start

    best = min(starts, key=cost, default=port.first)
    return list(range(best, best + length, 2))


def _tracks(buses: Mapping[K, _Bus[K]]) -> list[list[_Bus[K]]]:
    """Gives each bus the highest row where it has room and is below the stems that its drops would meet."""
    tracks: list[list[_Bus[K]]] = []
    for bus in _downwards(buses):
        track = max((buses[one].track + 1 for one in bus.under), default=0)
        while track < len(tracks) and any(not _share(bus, one) for one in tracks[track]):
            track += 1
        while len(tracks) <= track:
            tracks.append([])
        tracks[track].append(bus)
        bus.track = track
    return tracks


def _share(one: _Bus[K], other: _Bus[K]) -> bool:
    """Whether two can be in one row: they are apart, or lead to the same place and nowhere else."""
    apart = one.first > other.last + 1 or other.first > one.last + 1
    return apart or (len(one.drops) == 1 and one.drops == other.drops)


def _downwards(buses: Mapping[K, _Bus[K]]) -> list[_Bus[K]]:
    """Each bus after those that it has to be under, as far as there is no circle."""
    done: dict[K, _Bus[K]] = {}
    entered: set[K] = set()

    def visit(bus: _Bus[K]) -> None:
        stack = [(bus, iter(bus.under))]
        entered.add(bus.source)
        while stack:
            current, left = stack[-1]
            following = next((one for one in left if one not in entered), None)
            if following is None:
                done[current.source] = current
                stack.pop()
            else:
                entered.add(following)
                stack.append((buses[following], iter(buses[following].under)))

    for bus in buses.values():
        if bus.source not in entered:
            visit(bus)
    return list(done.values())


def _cells(
    buses: Mapping[K, _Bus[K]], straight: Sequence[int], tracks: Sequence[Sequence[_Bus[K]]], top: int, height: int
) -> dict[tuple[int, int], int]:
    cells: dict[tuple[int, int], int] = {}
    passes: set[tuple[int, int]] = set()

    def add(column: int, row: int, ways: int) -> None:
        cells[column, row] = cells.get((column, row), 0) | ways

    def over(column: int, row: int, bus: _Bus[K] | None) -> None:
        """A line that runs down through a row passes over the rows along that have nothing to do with it."""
        for other in tracks[row] if row < len(tracks) else ():
            if other is not bus and other.first <= column <= other.last and column not in other.drops:
                passes.add((column, row))
        add(column, row, UP | DOWN)

    for bus in buses.values():
        for column in range(bus.first, bus.last + 1):
            add(column, bus.track, (LEFT if column > bus.first else 0) | (RIGHT if column < bus.last else 0))
        add(bus.stem, bus.track, UP)
        for row in range(bus.track):
            over(bus.stem, row, bus)
        for column in bus.drops:
            add(column, bus.track, DOWN)
            for row in range(bus.track + 1, height):
                over(column, row, bus)
    for column in straight:
        for row in range(height):
            over(column, row, None)
    for place in passes:
        cells[place] = UP | DOWN
    return {(column, top + row): ways for (column, row), ways in cells.items()}
