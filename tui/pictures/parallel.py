"""Parallel coordinates: an upright axis for each parameter and for the objective, and a line through them for each
trial."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minikf.tui.pictures.dots import Dots
from minikf.tui.pictures.picture import Picture, Sheet, fitted
from minikf.tui.pictures.scale import Scale, labels, number

LEAST_WIDTH, LEAST_HEIGHT = 20, 7
_SPACING = 9
"""Cells from an axis to the next, at the least: a name needs as many to be known again."""
MOST_LINES = 60
"""More lines than these leave nothing to see between the axes."""
_WHOLE = Scale(0.0, 1.0)


@dataclass(frozen=True)
class Axis:
    """`categories` are the values of an axis without numbers, from the bottom up."""

    name: str
    scale: Scale = _WHOLE
    categories: tuple[str, ...] = ()

    def share(self, value: float | str | None) -> float | None:
        """None for what has no place on the axis."""
        if self.categories:
            if value not in self.categories:
                return None
            return (self.categories.index(str(value)) + 0.5) / len(self.categories)
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return self.scale.share(value)


Values = Sequence[float | str | None]


def parallel(
    axes: Sequence[Axis], lines: Sequence[Values], width: int, height: int, *, best: int = -1, ascii_only: bool = False
) -> Picture:
    """`lines` have a value for each axis; the one with the number `best` is drawn solid and with a mark on each axis.

    The last axis is always shown; of those before it as many as there is room for. Of many lines, an even selection.
    """
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    sheet = Sheet(width, height)
    if not axes:
        return sheet.picture()
    kept = _kept(len(axes), width)
    shown = [axes[number] for number in kept]
    dots = Dots(sheet, 0, 2, width, height - 4, ascii_only)
    columns = _columns(len(shown), width)
    _draw_axes(sheet, dots, shown, columns)
    chosen = _chosen(len(lines), best)
    for line in chosen:
        values = [lines[line][number] for number in kept]
        _draw_line(dots, shown, columns, values, is_best=line == best)
    _write_categories(sheet, dots, shown, columns)
    if 0 <= best < len(lines):
        _mark_best(sheet, dots, shown, columns, [lines[best][number] for number in kept])
    _say(sheet, len(axes) - len(shown), len(chosen), len(lines), best >= 0, ascii_only)
    return sheet.picture()


def _kept(count: int, width: int) -> list[int]:
    room = max(2, 1 + (width - _SPACING) // _SPACING)
    return list(range(count)) if count <= room else [*range(room - 1), count - 1]


def _columns(count: int, width: int) -> list[int]:
    """Of the axes; the last leaves room for what is written at its right."""
    if count == 1:
        return [width // 2]
    span = width - _SPACING
    return [1 + span * number // (count - 1) for number in range(count)]


def _draw_axes(sheet: Sheet, dots: Dots, axes: Sequence[Axis], columns: Sequence[int]) -> None:
    line = "|" if dots.ascii_only else "│"
    bottom = dots.row + dots.height
    for place, (axis, column) in enumerate(zip(axes, columns, strict=True)):
        # The texts begin one cell before their axis, those of the next one two cells after these.
        room = (columns[place + 1] if place + 1 < len(columns) else sheet.width + 2) - column
        start = max(0, column - 1)
        sheet.put(start, 0, fitted(axis.name, room - 1), "label")
        for row in range(dots.row, bottom):
            sheet.put(column, row, line, "axis")
        if not axis.categories:
            low, high = _ends(axis.scale, room - 1)
            sheet.put(start, 1, high, "axis")
            sheet.put(start, bottom, low, "axis")


def _ends(scale: Scale, room: int) -> tuple[str, str]:
    """What is written below and above an axis."""
    if scale.low == scale.high:
        return fitted(number(scale.low), room), ""
    low, high = labels([scale.low, scale.high])
    with_log = f"{high} log" if scale.is_log else high
    return fitted(low, room), with_log if len(with_log) <= room else fitted(high, room)


def _chosen(count: int, best: int) -> list[int]:
    """Which lines are drawn, the best one last, so that it lies over the others."""
    others = [line for line in range(count) if line != best]
    if len(others) > MOST_LINES:
        others = [others[place * len(others) // MOST_LINES] for place in range(MOST_LINES)]
    return [*others, *([best] if 0 <= best < count else [])]


def _draw_line(dots: Dots, axes: Sequence[Axis], columns: Sequence[int], values: Values, *, is_best: bool) -> None:
    for start, end in pairwise(_places(dots, axes, columns, values)):
        if start is not None and end is not None:
            inner = _between_axes(dots, start, end)
            if inner is not None:
                role, letter = ("best", "#") if is_best else ("series-0", ".")
                every = 1 if is_best else 2 if dots.ascii_only else 3
                dots.line(*inner, role, letter=letter, every=every, over=is_best)


def _places(
    dots: Dots, axes: Sequence[Axis], columns: Sequence[int], values: Values
) -> Iterator[tuple[int, int] | None]:
    wide = 1 if dots.ascii_only else 2
    for axis, column, value in zip(axes, columns, values, strict=True):
        share = axis.share(value)
        yield None if share is None else (column * wide, round((1 - share) * (dots.down - 1)))


def _between_axes(
    dots: Dots, start: tuple[int, int], end: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The line without the cells of the axes at its ends."""
    gap = 1 if dots.ascii_only else 2
    left, right = start[0] + gap, end[0] - 1
    if right < left:
        return None
    slope = (end[1] - start[1]) / (end[0] - start[0])
    return (
        (left, round(start[1] + slope * (left - start[0]))),
        (right, round(start[1] + slope * (right - start[0]))),
    )


def _write_categories(sheet: Sheet, dots: Dots, axes: Sequence[Axis], columns: Sequence[int]) -> None:
    for place, (axis, column) in enumerate(zip(axes, columns, strict=True)):
        room = (columns[place + 1] if place + 1 < len(columns) else sheet.width) - column - 1
        last = -1
        for category in axis.categories[::-1]:
            row = dots.cell(0, axis.share(category) or 0.0)[1]
            if row != last:
                sheet.put(column + 1, row, fitted(category, min(room, 12)), "label")
            last = row


def _mark_best(sheet: Sheet, dots: Dots, axes: Sequence[Axis], columns: Sequence[int], values: Values) -> None:
    for axis, column, value in zip(axes, columns, values, strict=True):
        share = axis.share(value)
        if share is not None:
            sheet.put(column, dots.cell(0, share)[1], "#" if dots.ascii_only else "◆", "best")


def _say(sheet: Sheet, hidden: int, drawn: int, count: int, has_best: bool, ascii_only: bool) -> None:
    parts = [f"{'#' if ascii_only else '◆'} best"] if has_best else []
    parts += [f"{drawn} of {count} trials"] if drawn < count else []
    parts += [f"{hidden} more parameters"] if hidden else []
    words = ", ".join(parts)
    sheet.put(0, sheet.height - 1, fitted(words, sheet.width), "label")
