"""A live table of any length: only the rows that are seen are drawn, and the cursor stays on what it is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, overload

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minikf.tui.widgets.moves import MOVES

GAP = 2  # columns between two cells
GUTTER = 2  # what is left of the first cell: the mark
MARK = "●"
SOFT_LEAST, HARD_LEAST = 18, 10  # what a cell keeps while others can give, and while none can
LONGEST_CELL = 400
MEASURED_AT_ONCE = 1000  # rows of longer tables are measured as they come into view


@dataclass(frozen=True)
class Row:
    """`cells` in the order of the columns; `style` is a Rich style."""

    key: str
    cells: tuple[str, ...]
    style: str = ""


class Rows(Sequence[Row]):
    """Rows made when they are looked at: of thousands a terminal shows fifty. `make` gets a row's number."""

    def __init__(self, keys: Sequence[str], make: Callable[[int], Row]) -> None:
        self.keys = keys
        self._make = make

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, number: int) -> Row: ...

    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...

    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self._make(each) for each in range(*number.indices(len(self.keys)))]
        return self._make(range(len(self.keys))[number])


class LiveTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows rows in the order given. Where they are wider than the terminal the last columns give way first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"livetable--head", "livetable--cursor", "livetable--mark"}
    DEFAULT_CSS = """
    LiveTable {
        height: 1fr; background: $surface; color: $foreground;
        overflow-x: auto; overflow-y: auto; scrollbar-size: 0 1;
        & > .livetable--head { text-style: bold; background: $panel; color: $foreground; }
        & > .livetable--cursor { background: $block-cursor-blurred-background; text-style: bold; }
        & > .livetable--mark { color: $accent; text-style: bold; }
        &:focus > .livetable--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: $block-cursor-text-style;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        Binding("enter", "choose", "Choose", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row, "" for none."""

        key: str

    @dataclass
    class Chosen(Message):
        """Enter, or a double click."""

        key: str

    @dataclass
    class Sorted(Message):
        """A click on a column's title."""

        title: str

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._titles: tuple[str, ...] = ()
        self._rows: Sequence[Row] = ()
        self._keys: Sequence[str] = ()
        self._marks: set[str] = set()
        self._sorted_by, self._reverse = "", False
        self._cursor = 0
        self._wanted = ""
        self._told = ""
        self._natural: list[int] = []
        self._widths: list[int] = []
        self._is_wide = False
        self._room = 0
        self._drawn: tuple[object, ...] = ()

    # What others ask.

    @property
    def current(self) -> str:
        """The key of the row under the cursor, "" where there is none."""
        return self._keys[self._cursor] if 0 <= self._cursor < len(self._keys) else ""

    @property
    def marked(self) -> frozenset[str]:
        """The keys of the rows that are marked; what is not shown is not marked."""
        return frozenset(self._marks)

    def begin(self, key: str) -> None:
        """Other rows come next; the cursor is to go to `key` where they have it."""
        self._rows, self._keys, self._titles = (), (), ()
        self._cursor, self._wanted, self._is_wide = 0, key, False
        self._marks.clear()
        self.scroll_to(0, 0, animate=False, force=True)

    def show(self, titles: tuple[str, ...], rows: Sequence[Row], sorted_by: str = "", reverse: bool = False) -> None:
        """Shows these rows; the cursor stays on its key, or where that is gone at its place."""
        kept, before = self.current or self._wanted, self._cursor
        if titles != self._titles:
            self._natural = []
        self._titles, self._sorted_by, self._reverse = titles, sorted_by, reverse
        self._rows = rows
        self._keys = rows.keys if isinstance(rows, Rows) else [row.key for row in rows]
        self._marks.intersection_update(self._keys)
        self._cursor = self._place_of(kept, before)
        self._wanted = "" if rows else kept
        self._fit()
        if self.scroll_offset.y and self._cursor != before:
            self.scroll_to(y=self.scroll_offset.y + self._cursor - before, animate=False, force=True)
        self._keep_in_view()
        self._refresh_if_other()
        self._tell()

    def toggle_mark(self) -> None:
        """Marks the row under the cursor, or takes its mark."""
        if self.current:
            self._marks ^= {self.current}
            self._refresh_row(self._cursor)

    def unmark(self) -> None:
        """Takes all marks."""
        self._marks.clear()
        self.refresh()

    def move(self, way: str) -> None:
        """`way` is down, up, top, bottom, page_down or page_up."""
        page = max(1, self._height - 1)
        last = len(self._keys) - 1
        to = {
            "down": self._cursor + 1, "up": self._cursor - 1, "top": 0, "bottom": last,
            "page_down": self._cursor + page, "page_up": self._cursor - page,
        }[way]  # fmt: skip
        self._go(min(max(to, 0), max(last, 0)))

    # Keys and mouse.

    def action_move(self, way: str) -> None:
        self.move(way)

    def action_choose(self) -> None:
        if self.current:
            self.post_message(self.Chosen(self.current))

    def action_aside(self, by: int) -> None:
        """Right of the edge: the cells in their full width. Back at the left edge they fit again."""
        x = self.scroll_offset.x
        if (by > 0 and not self._is_wide) or (by < 0 and x == 0):
            self._is_wide = by > 0 and sum(self._natural) > sum(self._widths)
            self._fit()
            self.refresh()
        self.scroll_to(x=x + by, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            title = self._title_at(event.x + self.scroll_offset.x)
            if title:
                self.post_message(self.Sorted(title))
            return
        number = event.y - 1 + self.scroll_offset.y
        if number < len(self._keys):
            self._go(number)
            if event.chain > 1:
                self.action_choose()

    def on_show(self) -> None:
        """Hidden it had no room to measure by, and coming back in its old size is no resize."""
        self.on_resize()

    def on_resize(self) -> None:
        self._fit()
        self._keep_in_view()
        self.refresh()

    # How it is drawn.

    def render_line(self, y: int) -> Strip:
        width, x = self.scrollable_content_region.width, self.scroll_offset.x
        base = self.rich_style
        if y == 0:
            if width != self._room:  # a scroll bar came or went
                self.call_later(self._refit)
            style = base + self.get_component_rich_style("livetable--head", partial=True)
            strip = Strip([Segment(self._head(x, width), style)])
        else:
            number = y - 1 + self.scroll_offset.y
            if number >= len(self._keys):
                return Strip.blank(width, base)
            strip, style = self._row_strip(self._rows[number], base, is_current=number == self._cursor)
        return strip.crop_extend(x, x + width, style)

    def _row_strip(self, row: Row, base: Style, *, is_current: bool) -> tuple[Strip, Style]:
        if any(map(int.__lt__, self._natural, _widths(row.cells))):  # wider than any that was seen before
            self._measure([row])
            self.call_later(self._refit)
        style = base + Style.parse(row.style)
        if is_current:
            style += self.get_component_rich_style("livetable--cursor", partial=True)
        mark = style
        if row.key in self._marks:
            mark = style if is_current else style + self.get_component_rich_style("livetable--mark", partial=True)
        gutter = (MARK if row.key in self._marks else "").ljust(GUTTER)
        return Strip([Segment(gutter, mark), Segment(self._line(row.cells), style)]), style

    def _line(self, cells: Sequence[str]) -> str:
        return (" " * GAP).join(cut(cell, width) for cell, width in zip(cells, self._widths, strict=False))

    def _heads(self) -> list[str]:
        """The titles; the one that sorts has an arrow."""
        arrow = "▼" if self._reverse else "▲"
        return [f"{title}{arrow}" if title == self._sorted_by else title for title in self._titles]

    def _head(self, x: int, width: int) -> str:
        """The first line, with an arrow at an edge behind which there is more."""
        text = " " * GUTTER + self._line(self._heads())
        if x > 0:
            text = f"{text[:x]}‹{text[x + 1 :]}"
        return f"{text[: x + width - 1]}›" if x + width < self.virtual_size.width else text

    def _title_at(self, x: int) -> str:
        left = GUTTER
        for title, width in zip(self._titles, self._widths, strict=True):
            if left <= x < left + width + GAP:
                return title
            left += width + GAP
        return ""

    # Places and widths.

    @property
    def _height(self) -> int:
        """Rows that are seen at once."""
        return max(1, self.scrollable_content_region.height - 1)

    def _place_of(self, key: str, before: int) -> int:
        if 0 <= before < len(self._keys) and self._keys[before] == key:
            return before  # most often nothing moved
        try:
            return self._keys.index(key)
        except ValueError:
            return min(before, max(0, len(self._keys) - 1))

    def _go(self, number: int) -> None:
        old, self._cursor = self._cursor, number
        self._refresh_row(old)
        self._refresh_row(number)
        self._keep_in_view()
        self._tell()

    def _keep_in_view(self) -> None:
        if not self.scrollable_content_region.height:  # hidden: it is done when it is shown
            return
        top = min(self._cursor, max(self.scroll_offset.y, self._cursor - self._height + 1))
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)

    def _tell(self) -> None:
        if self.current != self._told:
            self._told = self.current
            self.post_message(self.Moved(self._told))

    def _refresh_row(self, number: int) -> None:
        y = number + 1 - self.scroll_offset.y
        if y >= 1:
            self.refresh(Region(0, y, self.scrollable_content_region.width, 1))

    def _refresh_if_other(self) -> None:
        """Rows that changed where nobody looks cost nothing."""
        top = self.scroll_offset.y
        seen = (self._heads(), self._widths, self._rows[top : top + self._height], self._cursor - top, len(self._keys))
        if seen != self._drawn:
            self._drawn = seen
            self.refresh()

    def _fit(self) -> None:
        """Column widths for the room there is."""
        self._measure(self._rows if len(self._rows) <= MEASURED_AT_ONCE else self._in_view())
        self._room = self.scrollable_content_region.width
        heads = [cell_len(head) for head in self._heads()]
        self._widths = list(self._natural) if self._is_wide else fit(self._natural, heads, self._room - GUTTER)
        wanted = GUTTER + sum(self._widths) + GAP * max(0, len(self._widths) - 1)
        self.virtual_size = Size(wanted, len(self._rows) + 1)

    def _refit(self) -> None:
        self._fit()
        self.refresh()

    def _in_view(self) -> Sequence[Row]:
        top = min(self.scroll_offset.y, max(0, len(self._rows) - self._height))
        return self._rows[top : top + self._height]

    def _measure(self, rows: Sequence[Row]) -> None:
        """Widens what is known of the columns by some rows; a short table is measured whole, so it can shrink too."""
        heads = [cell_len(head) for head in self._heads()]
        known = self._natural if len(self._natural) == len(heads) and rows is not self._rows else heads
        columns = list(zip(*(row.cells for row in rows), strict=True)) or [()] * len(heads)
        self._natural = [
            max(old, head, *_widths(cells)) for old, head, cells in zip(known, heads, columns, strict=True)
        ]


def _widths(cells: Sequence[str]) -> Iterator[int]:
    return (min(LONGEST_CELL, cell_len(cell)) for cell in cells)


def cut(text: str, width: int) -> str:
    """`text` in exactly so many columns, with an ellipsis where something is missing."""
    if text.isascii():
        return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}…"
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return f"{set_cell_size(text, width - 1)}…"


def fit(natural: Sequence[int], heads: Sequence[int], room: int) -> list[int]:
    """Widths for `room` columns: the last columns give first, none below its head or what makes it unreadable.

    What then is still too wide is scrolled to.
    """
    widths = list(natural)
    for least in (SOFT_LEAST, HARD_LEAST):
        for number in reversed(range(len(widths))):
            over = sum(widths) + GAP * (len(widths) - 1) - room
            if over <= 0:
                return widths
            floor = min(widths[number], max(least, heads[number]))
            widths[number] = max(floor, widths[number] - over)
    return widths
