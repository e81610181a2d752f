"""Points and lines over two axes: the objective over trials, loss over steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from minikf.tui.pictures.dots import Dots
from minikf.tui.pictures.picture import SERIES, Picture, Sheet, fitted
from minikf.tui.pictures.scale import Scale, labels, scale_of, ticks

LEAST_WIDTH, LEAST_HEIGHT = 20, 5
"""Below these there is no room for a picture; what is asked for smaller is drawn so large."""
LEGEND_HEIGHT = 7
"""From this height on there is a line that says what is what."""
_LETTERS = "-ox+sv"
_MARK_EVERY = 9  # cells between the marks that tell a line from the first


class Kind(Enum):
    """How a series is drawn: each point for itself, joined, joined by steps, or only where it is on the x axis."""

    POINTS = "points"
    LINE = "line"
    STEPS = "steps"
    RUG = "rug"


@dataclass(frozen=True)
class Series:
    """`points` are (x, y), in the order of x; a y of None or NaN is a gap, an infinite one lies at the edge."""

    name: str
    points: tuple[tuple[float, float | None], ...]
    kind: Kind = Kind.LINE
    role: str = ""
    mark: str = ""
    ascii_mark: str = ""


def chart(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    x_label: str = "",
    is_log: bool | None = False,
    ascii_only: bool = False,
    empty: str = "no values yet",
) -> Picture:
    """All series over the same axes. `is_log` is about y; None chooses it where the values span decades.
    `empty` is said where there is nothing to draw."""
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    sheet = Sheet(width, height)
    shown = [each for each in series[: SERIES + 2] if each.points]
    has_legend = height >= LEGEND_HEIGHT and bool(shown)
    over, under = int(has_legend), 2
    rows = height - over - under
    ys = scale_of((y for each in shown for _, y in each.points if y is not None), is_log=is_log)
    xs = scale_of(x for each in shown for x, _ in each.points)
    marks = _y_labels(ys, rows, width)
    left = max((len(text) for _, text in marks), default=0) + 1
    dots = Dots(sheet, left, over, width - left, rows, ascii_only)
    is_empty = not any(y is not None and math.isfinite(y) for each in shown for _, y in each.points)
    _axes(sheet, dots, xs, ys, [] if is_empty else marks, x_label, _are_whole(shown))
    numbered = sorted(enumerate(shown), key=lambda pair: pair[1].kind is Kind.POINTS)  # points lie over lines
    for number, each in numbered:
        _draw(sheet, dots, each, number, xs, ys)
    if has_legend:
        _legend(sheet, left, shown, ascii_only)
    if is_empty:
        _say(sheet, dots, empty)
    return sheet.picture()


def _y_labels(scale: Scale, rows: int, width: int) -> list[tuple[float, str]]:
    found = ticks(scale, max(2, (rows + 1) // 3))
    return [(value, fitted(text, max(4, width // 3))) for value, text in zip(found, labels(found), strict=True)]


def _are_whole(series: Sequence[Series]) -> bool:
    return all(float(x).is_integer() for each in series for x, _ in each.points if math.isfinite(x))


def _axes(
    sheet: Sheet, dots: Dots, xs: Scale, ys: Scale, marks: list[tuple[float, str]], x_label: str, whole: bool
) -> None:
    line, corner, tick, down = ("|", "+", "+", "+") if dots.ascii_only else ("│", "└", "┤", "┬")
    left, bottom = dots.column - 1, dots.row + dots.height
    for row in range(dots.row, bottom):
        sheet.put(left, row, line, "axis")
    sheet.put(left, bottom, corner + ("-" if dots.ascii_only else "─") * dots.width, "axis")
    for value, text in marks:
        _, row = dots.cell(0, ys.share(value))
        if sheet.is_free(0, row, left):
            sheet.put(left - len(text), row, text, "label")
            sheet.put(left, row, tick, "axis")
    end = sheet.width - len(x_label) - 1 if x_label and dots.width > 2 * len(x_label) + 8 else sheet.width
    found = ticks(xs, max(2, dots.width // 9), whole=whole)
    for value, text in zip(found, labels(found), strict=True):
        column, _ = dots.cell(xs.share(value), 0)
        start = min(max(column - len(text) // 2, 0), sheet.width - len(text))
        if start + len(text) <= end and sheet.is_free(max(start - 1, 0), bottom + 1, len(text) + int(start > 0)):
            sheet.put(start, bottom + 1, text, "label")
            sheet.put(column, bottom, down, "axis")
    if end < sheet.width:
        sheet.put(sheet.width - len(x_label), bottom + 1, x_label, "label")


def _draw(sheet: Sheet, dots: Dots, series: Series, number: int, xs: Scale, ys: Scale) -> None:
    role = series.role or f"series-{number % SERIES}"
    mark = series.ascii_mark or _LETTERS[number % SERIES] if dots.ascii_only else series.mark
    if series.kind is Kind.RUG:
        for x, _ in series.points:
            sheet.put(dots.cell(xs.share(x), 0)[0], dots.row + dots.height, mark or "x", role)
        return
    if series.kind is Kind.POINTS:
        for x, y in series.points:
            if y is not None and not math.isnan(y):
                column, row = dots.cell(xs.share(x), ys.share(y))
                edge = {math.inf: "^", -math.inf: "v"}.get(y)
                sheet.put(column, row, edge or mark or "•", role)
        return
    _join(sheet, dots, series, role, mark, xs, ys)


def _join(sheet: Sheet, dots: Dots, series: Series, role: str, mark: str, xs: Scale, ys: Scale) -> None:
    letter, marked = mark if dots.ascii_only else ".", -_MARK_EVERY // 2
    last: tuple[int, int] | None = None
    places: list[tuple[int, int, str]] = []
    is_seen = [y is not None and math.isfinite(y) for _, y in series.points]
    for number, (x, y) in enumerate(series.points):
        if y is None or not is_seen[number]:
            last = None
            continue
        here = dots.at(xs.share(x), ys.share(y))
        if last is not None and series.kind is Kind.STEPS:
            dots.line(last, (here[0], last[1]), role, letter=letter)
            last = (here[0], last[1])
        dots.line(last or here, here, role, letter=letter)
        last = here
        column, row = dots.cell(xs.share(x), ys.share(y))
        is_alone = not any(is_seen[max(number - 1, 0) : number] + is_seen[number + 1 : number + 2])
        if not dots.ascii_only and (is_alone or (mark and column - marked >= _MARK_EVERY)):
            places.append((column, row, mark or "•"))
            marked = column
    for column, row, text in places:
        sheet.put(column, row, text, role)


def _legend(sheet: Sheet, left: int, series: Sequence[Series], ascii_only: bool) -> None:
    column = left
    for number, each in enumerate(series):
        role = each.role or f"series-{number % SERIES}"
        mark = each.ascii_mark or _LETTERS[number % SERIES] if ascii_only else each.mark
        if each.kind in (Kind.LINE, Kind.STEPS):
            mark = (mark or "-") * 2 if ascii_only else f"─{mark or '─'}─"
        text = f"{mark or ('x' if each.kind is Kind.RUG else '•')} {each.name}"
        text = fitted(text, max(0, sheet.width - column))
        sheet.put(column, 0, text, role)
        column += len(text) + 2


def _say(sheet: Sheet, dots: Dots, words: str) -> None:
    column = dots.column + max(0, (dots.width - len(words)) // 2)
    sheet.put(column, dots.row + dots.height // 2, words, "label")


def lines_of(series: Sequence[tuple[str, tuple[tuple[float, float | None], ...]]]) -> list[Series]:
    """Lines that are told apart by the marks on them; the first has none."""
    marks = ("", *"○×+◇△")
    found = series[:SERIES]
    return [
        Series(name, points, Kind.LINE, mark=marks[number], ascii_mark=_LETTERS[number])
        for number, (name, points) in enumerate(found)
    ]
