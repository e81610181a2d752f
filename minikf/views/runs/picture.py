"""A run's graph drawn as text: boxes and lines where there is room, an indented tree where there is not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby

from minikf.views.runs.cells import fit, pad, width
from minikf.views.runs.channels import DOWN, LEFT, RIGHT, UP
from minikf.views.runs.flat import Flat, flat
from minikf.views.runs.layout import Box, Layout, layout
from minikf.views.runs.model import RunGraph, Step
from minikf.views.runs.words import glyph, tail, title

NARROW = 60  # cells: below, boxes beside each other do not fit
LONGEST = 30  # cells of a box's text
_LINE = "line"
# Lines by the directions in which they leave a cell.
_LINES = {
    UP: "╵", DOWN: "╷", LEFT: "╴", RIGHT: "╶", UP | DOWN: "│", LEFT | RIGHT: "─", UP | RIGHT: "└", UP | LEFT: "┘",
    DOWN | RIGHT: "┌", DOWN | LEFT: "┐", UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip
# Corners and sides of boxes: upper left, upper right, lower left, lower right, along, down, a line in, a line out.
_STEP, _GROUP, _CHOSEN = "┌┐└┘─│┴┬", "╭╮╰╯─│┴┬", "┏┓┗┛━┃┷┯"

Span = tuple[str, str]
"""A text and its style: the state of a step in capital letters, "line" for what joins boxes, "" for neither."""


@dataclass(frozen=True)
class Picture:
    """`spots` are where the nodes are; `flat` is what was drawn."""

    lines: tuple[tuple[Span, ...], ...]
    spots: Mapping[str, Box]
    flat: Flat
    width: int
    is_tree: bool = False

    def text(self) -> str:
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self.lines)


@dataclass(frozen=True)
class Look:
    """How to draw: `chosen` is the step under the cursor, `folded` and `whole` are as in `flat`."""

    now: datetime
    chosen: str = ""
    folded: Collection[str] = field(default_factory=frozenset)
    whole: Collection[str] = field(default_factory=frozenset)


def draw(graph: RunGraph, columns: int, look: Look) -> Picture:
    """Boxes, which may be wider than `columns`; a tree where `columns` are fewer than NARROW."""
    shown = flat(graph, look.folded, look.whole)
    return draw_tree(shown, columns, look) if columns < NARROW else draw_boxes(shown, look)


def draw_tree(shown: Flat, columns: int, look: Look) -> Picture:
    """One line for each node; the chosen one has a > before it."""
    lines: list[tuple[Span, ...]] = []
    spots: dict[str, Box] = {}
    for row, step in enumerate(shown.nodes):
        indent = min(2 * shown.depths[step.id], columns // 2)
        after = tail(step, look.now)
        after = f" {after}" if after else ""
        room = max(1, columns - indent - 4 - width(after))
        mark = ">" if step.id == look.chosen else " "
        lines.append(
            ((f"{mark}{' ' * indent}", ""), (f"{glyph(step.state)} {pad(title(step), room)}{after}", step.state))
        )
        spots[step.id] = Box(0, row, columns, 1)
    return Picture(tuple(lines), spots, shown, columns, is_tree=True)


def draw_boxes(shown: Flat, look: Look) -> Picture:
    texts = {step.id: _text(step, look.now) for step in shown.nodes}
    placed = laid_out(tuple((key, width(text) + 4) for key, text in texts.items()), shown.edges)
    canvas = [[" "] * placed.width for _ in range(placed.height)]
    styles = [[""] * placed.width for _ in range(placed.height)]
    for channel in placed.channels:
        for (column, row), ways in channel.cells.items():
            canvas[row][column] = _LINES[ways]
            styles[row][column] = _LINE
    for column, first, last in placed.lanes:
        for row in range(first, last + 1):
            canvas[row][column] = "│"
            styles[row][column] = _LINE
    for step in shown.nodes:
        _box(canvas, styles, placed.boxes[step.id], step, texts[step.id], is_chosen=step.id == look.chosen)
    lines = tuple(_spans(row, style) for row, style in zip(canvas, styles, strict=True))
    return Picture(lines, placed.boxes, shown, placed.width)


@lru_cache(maxsize=8)
def laid_out(widths: tuple[tuple[str, int], ...], edges: tuple[tuple[str, str], ...]) -> Layout:
    """The last layouts are kept: a run that goes on is drawn each second, and its boxes stay as wide as they are."""
    return layout({key: (cells, 3) for key, cells in widths}, edges)


def _text(step: Step, now: datetime) -> str:
    after = tail(step, now)
    # A box keeps its width while the time in it grows.
    after = f"  {after.rjust(5)}" if after and not step.is_group else f"  {after}" if after else ""
    return f"{glyph(step.state)} {fit(title(step), LONGEST - 2 - width(after))}{after}"


def _box(canvas: list[list[str]], styles: list[list[str]], box: Box, step: Step, text: str, *, is_chosen: bool) -> None:
    signs = _CHOSEN if is_chosen else _GROUP if step.is_group else _STEP
    left, right, top, bottom = box.x, box.x + box.width, box.y, box.y + box.height - 1
    along = [signs[4]] * (box.width - 2)
    canvas[top][left:right] = [signs[0], *along, signs[1]]
    canvas[bottom][left:right] = [signs[2], *along, signs[3]]
    for port in box.ports:
        canvas[top][port] = signs[6]
    if box.port_out >= 0:
        canvas[bottom][box.port_out] = signs[7]
    cells: list[str] = []
    for character in text:
        size = width(character)
        if size:
            cells += [character, *[""] * (size - 1)]
        elif cells:
            cells[-1] += character  # a mark that stands on the one before
    canvas[top + 1][left:right] = [signs[5], " ", *cells, " ", signs[5]]
    for row in range(top, bottom + 1):
        styles[row][left:right] = [step.state] * box.width


def _spans(row: list[str], styles: list[str]) -> tuple[Span, ...]:
    found: list[Span] = []
    place = 0
    for style, group in groupby(styles):
        length = sum(1 for _ in group)
        found.append(("".join(row[place : place + length]), style))
        place += length
    return tuple(found)
