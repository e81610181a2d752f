"""Lines drawn with the dots of braille characters, eight in each cell, or with one character in each cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minikf.tui.pictures.picture import Sheet

# The bit of each of the eight dots, by row and column (Unicode's chart of the block U+2800).
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800


@dataclass
class Dots:
    """A part of a sheet as a field of dots, (0, 0) at its top left. Later lines lie over earlier ones' roles."""

    sheet: Sheet
    column: int
    row: int
    width: int
    height: int
    ascii_only: bool = False
    bits: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def across(self) -> int:
        """How many dots in a row."""
        return self.width if self.ascii_only else 2 * self.width

    @property
    def down(self) -> int:
        return self.height if self.ascii_only else 4 * self.height

    def at(self, x: float, y: float) -> tuple[int, int]:
        """The dot of two shares from 0 to 1: x from the left, y from the bottom."""
        return round(x * (self.across - 1)), round((1 - y) * (self.down - 1))

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The cell of the sheet that has this dot."""
        left, top = self.at(x, y)
        if not self.ascii_only:
            left, top = left // 2, top // 4
        return self.column + left, self.row + top

    def line(
        self, start: tuple[int, int], end: tuple[int, int], role: str, *, letter: str = ".", every: int = 1,
        over: bool = False,
    ) -> None:  # fmt: skip
        """From dot to dot; `every` draws each second, third dot and so on. `letter` is for cells without braille.

        `over` takes the dots of earlier lines out of the cells that it goes through.
        """
        if over:
            cells = {(x // 2, y // 4) for x, y in _between(start, end)}
            self.bits = {place: bits for place, bits in self.bits.items() if place not in cells}
        for number, (x, y) in enumerate(_between(start, end)):
            if number % every == 0:
                self.dot(x, y, role, letter)

    def dot(self, x: int, y: int, role: str, letter: str = ".") -> None:
        if not (0 <= x < self.across and 0 <= y < self.down):
            return
        if self.ascii_only:
            self.sheet.put(self.column + x, self.row + y, letter, role)
            return
        place = (x // 2, y // 4)
        self.bits[place] = self.bits.get(place, 0) | _BITS[y % 4][x % 2]
        self.sheet.put(self.column + place[0], self.row + place[1], chr(_BRAILLE | self.bits[place]), role)


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """All dots of the straight line, both ends included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        part = step / steps
        yield round(start[0] + (end[0] - start[0]) * part), round(start[1] + (end[1] - start[1]) * part)
