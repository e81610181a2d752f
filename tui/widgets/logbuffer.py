"""The lines of a log that are held: bounded, filtered, searched."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from minikf.views.loglines import in_order, shown

MOST_LINES = 100_000
MOST_BYTES = 32 << 20
_SPARE = 10  # a tenth more is held before lines go: taking them away one by one would move all others each time

Pattern = re.Pattern[str]


@dataclass(frozen=True)
class Line:
    """`number` stays the line's own for as long as it is held; `source` is that of the log it came from."""

    number: int
    source: int
    raw: bytes


class LogBuffer:
    """Lines by number. Newer ones push out the oldest; a filter hides those without a match."""

    def __init__(self, most_lines: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> None:
        self._most_lines, self._most_bytes = most_lines, most_bytes
        self._raws: list[bytes] = []
        self._sources = array("H")
        self._bytes = 0
        self._first = 0  # the number of the oldest line; below zero where older lines were read
        self._filter: Pattern | None = None
        self._found = array("q")  # the numbers that the filter lets through

    def __len__(self) -> int:
        """How many lines are shown."""
        return len(self._raws) if self._filter is None else len(self._found)

    @property
    def held(self) -> int:
        return len(self._raws)

    @property
    def is_full(self) -> bool:
        """Whether older lines would find no room."""
        return len(self._raws) * 2 >= self._most_lines or self._bytes * 2 >= self._most_bytes

    def clear(self) -> None:
        self._raws.clear()
        del self._sources[:], self._found[:]
        self._bytes = self._first = 0

    def line(self, place: int) -> Line:
        """The line at a place among those that are shown."""
        index = place if self._filter is None else self._found[place] - self._first
        return Line(self._first + index, self._sources[index], self._raws[index])

    def place_of(self, number: int) -> int:
        """Where a line is shown, or the first one behind it."""
        if self._filter is None:
            return min(max(0, number - self._first), len(self._raws))
        return bisect_left(self._found, number)

    def first_of(self, source: int, count: int) -> list[bytes]:
        """The oldest lines of a source."""
        found: list[bytes] = []
        for each, raw in zip(self._sources, self._raws, strict=True):
            if len(found) == count:
                break
            if each == source:
                found.append(raw)
        return found

    def append(self, source: int, raws: Sequence[bytes]) -> int:
        """Adds lines; how many of those that are shown went."""
        if not raws:
            return 0
        self._add(array("H", [source]) * len(raws), raws)
        return self._trim()

    def merge(self, source: int, raws: Sequence[bytes]) -> int:
        """Adds lines in the order of their times, beside those of other sources; how many that are shown went."""
        begin = next((key for raw in raws if (key := in_order(raw))), b"")
        place = len(self._raws)
        while place and begin and in_order(self._raws[place - 1]) > begin:
            place -= 1
        if place == len(self._raws):
            return self.append(source, raws)
        both = [*zip(self._sources[place:], self._raws[place:], strict=True), *((source, raw) for raw in raws)]
        both = _by_time(both)
        self._bytes -= _size(self._raws[place:])
        del self._raws[place:], self._sources[place:]
        while self._found and self._found[-1] >= self._first + place:
            self._found.pop()
        self._add(array("H", [each for each, _ in both]), [raw for _, raw in both])
        return self._trim()

    def prepend(self, source: int, raws: Sequence[bytes]) -> int:
        """Adds older lines; how many of them are shown."""
        before = len(self)
        self._raws[:0] = raws
        self._sources = array("H", [source]) * len(raws) + self._sources
        self._first -= len(raws)
        self._bytes += _size(raws)
        if self._filter is not None:
            self._found = array("q", self._matching(self._first, raws)) + self._found
        return len(self) - before

    def filter(self, pattern: Pattern | None) -> None:
        """Shows only lines with a match, or all."""
        self._filter = pattern
        self._found = array("q", [] if pattern is None else self._matching(self._first, self._raws))

    def find(self, pattern: Pattern, place: int, step: int) -> int:
        """The place of the next line with a match, from `place` on in steps of 1 or -1; -1 where there is none."""
        while 0 <= place < len(self):
            if pattern.search(shown(self.line(place).raw)):
                return place
            place += step
        return -1

    def _add(self, sources: array[int], raws: Sequence[bytes]) -> None:
        if self._filter is not None:
            self._found.extend(self._matching(self._first + len(self._raws), raws))
        self._raws.extend(raws)
        self._sources.extend(sources)
        self._bytes += _size(raws)

    def _matching(self, first: int, raws: Sequence[bytes]) -> list[int]:
        search = self._filter.search if self._filter is not None else None
        return [first + index for index, raw in enumerate(raws) if search is None or search(shown(raw))]

    def _trim(self) -> int:
        """Takes the oldest lines away where there are too many."""
        over = len(self._raws) - self._most_lines
        if over > self._most_lines // _SPARE:
            return self._drop(over)
        if self._bytes > self._most_bytes + self._most_bytes // _SPARE:
            size, count = self._bytes, 0
            while size > self._most_bytes:
                size -= len(self._raws[count]) + 1
                count += 1
            return self._drop(count)
        return 0

    def _drop(self, count: int) -> int:
        before = len(self)
        self._bytes -= _size(self._raws[:count])
        del self._raws[:count], self._sources[:count]
        self._first += count
        del self._found[: bisect_left(self._found, self._first)]
        return before - len(self)


def pattern_of(words: str) -> Pattern:
    """What is typed as a search: a regular expression, or where it is none the words themselves.

    Small letters stand for capitals too, as in less with -i.
    """
    flags = 0 if any(letter.isupper() for letter in words) else re.IGNORECASE
    try:
        return re.compile(words, flags)
    except re.error:
        return re.compile(re.escape(words), flags)


def _by_time(lines: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Lines with their sources, by time; one without a time stays behind the one it came after."""
    latest: dict[int, bytes] = {}
    keyed = []
    for source, raw in lines:
        latest[source] = in_order(raw) or latest.get(source, b"")
        keyed.append((latest[source], source, raw))
    keyed.sort(key=lambda each: each[0])
    return [(source, raw) for _, source, raw in keyed]


def _size(raws: Sequence[bytes]) -> int:
    return sum(map(len, raws)) + len(raws)
