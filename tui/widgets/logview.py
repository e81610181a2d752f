"""Shows the lines of a log: followed, wrapped, searched, selected. Only what is seen is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from minikf.tui.widgets.logbuffer import Line, LogBuffer, Pattern, pattern_of
from minikf.tui.widgets.moves import MOVES
from minikf.views.loglines import shown

NOTE = 65535  # the source of lines that are our own words
COLOURS = ("cyan", "green", "magenta", "blue", "yellow", "bright_cyan", "bright_green", "bright_magenta")
BAR = "│"

Span = tuple[int, int, Style]


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """A `LogBuffer` on the screen.

    The scroll position is a line. Where lines are wrapped, `_sub` rows of that line are above the top, so that a line
    longer than the screen can be read too.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"logview--note", "logview--match", "logview--current"}
    DEFAULT_CSS = """
    LogView {
        height: 1fr; background: $surface; color: $foreground; scrollbar-size: 0 1; overflow-x: auto; overflow-y: auto;
        & > .logview--note { text-style: italic; color: $text-muted; }
        & > .logview--match { background: $warning 50%; text-style: underline; }
        & > .logview--current { background: $warning; color: $text; text-style: bold underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
    ]

    @dataclass
    class Moved(Message):
        """Another part is seen, or it is followed or no longer; `at_top`: nothing older is held."""

        at_top: bool

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.buffer = LogBuffer()
        self.following = True
        self.wrapped = False
        self.times = False
        self.names: Sequence[str] = ()  # what stands before the lines of each source
        self.pattern: Pattern | None = None
        self._match: int | None = None  # the number of the line that was searched for
        self._sub = 0
        self._laid_out = (0, 0)
        self._unfinished = b""
        self._rows: list[Strip] | None = None

    # What comes.

    def add(self, source: int, raws: Sequence[bytes], *, ordered: bool = False, unfinished: bytes = b"") -> None:
        """Newer lines. Who reads further up goes on reading there. `ordered`: by time, among those of other sources."""
        gone = self.buffer.merge(source, raws) if ordered else self.buffer.append(source, raws)
        self._unfinished = unfinished
        self._resize()
        if self.following:
            self._to_end()
        elif gone:
            self._to(max(0, self.scroll_offset.y - gone), self._sub)
        self.refresh()

    def add_older(self, source: int, raws: Sequence[bytes]) -> None:
        """Older lines, above those that are seen."""
        come = self.buffer.prepend(source, raws)
        self._resize()
        self._to(self.scroll_offset.y + come, self._sub)

    def clear(self) -> None:
        self.buffer.clear()
        self._match, self._sub, self._unfinished = None, 0, b""
        self._resize()
        self.scroll_to(0, 0, animate=False, force=True)
        self.refresh()

    # What others ask.

    def follow(self, on: bool) -> None:
        self.following = on
        if on:
            self._to_end()
        self._tell()

    def wrap(self, on: bool) -> None:
        """Long lines in several rows, or cut at the edge."""
        self.wrapped, self._sub = on, 0
        self.scroll_to(x=0, animate=False, force=True)
        self._resize()
        self._to_end() if self.following else self._to(self.scroll_offset.y, 0)

    def show_times(self, on: bool) -> None:
        """Before each line, when it was written."""
        self.times = on
        self._resize()
        if self.following:
            self._to_end()
        self.refresh()

    def filter(self, words: str) -> None:
        """Shows only lines with a match; all for ""."""
        at = self._number_at_top()
        self.buffer.filter(pattern_of(words) if words else None)
        self._sub = 0
        self._resize()
        self._to_end() if self.following or at is None else self._to(self.buffer.place_of(at), 0)
        self._tell()

    def search(self, words: str) -> bool:
        """Goes to a match: the last where the log is followed, else the next from the top on. False: there is none."""
        self.pattern, self._match = pattern_of(words) if words else None, None
        self.refresh()
        if self.pattern is None:
            return True
        return self._find(len(self.buffer) - 1, -1) if self.following else self._find(self.scroll_offset.y, 1)

    def step(self, step: int) -> bool:
        """To the next match (1) or the one before (-1), around the end. False: there is none."""
        if self.pattern is None:
            return False
        at = self.scroll_offset.y - step if self._match is None else self.buffer.place_of(self._match)
        return self._find(at + step, step)

    def move(self, way: str) -> None:
        """`way` is down, up, top, bottom, page_down or page_up. Going up ends following, to the bottom begins it."""
        if way == "bottom":
            self.follow(True)
            return
        if way in ("up", "page_up", "top"):
            self.following = False
        page = max(1, self._height - 1)
        if way == "top":
            self._to(0, 0)
        else:
            self._by({"down": 1, "up": -1, "page_down": page, "page_up": -page}[way])
        self._tell()

    def visible_text(self) -> str:
        """The lines that are on the screen, each one whole."""
        return "\n".join(self._text(place) for place in self._places_seen())

    def lines(self) -> Iterator[str]:
        """All lines that the filter lets through."""
        return (self._text(place) for place in range(self._count))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        first = 0 if selection.start is None else self.buffer.place_of(selection.start.y)
        last = self._count - 1 if selection.end is None else self.buffer.place_of(selection.end.y)
        found = []
        for place in range(first, min(last + 1, self._count)):
            span = selection.get_span(self._number(place))
            text = self._text(place)
            if span is not None:
                found.append(text[span[0] :] if span[1] < 0 else text[span[0] : span[1]])
        return "\n".join(found), "\n"

    # Keys and mouse.

    def action_move(self, way: str) -> None:
        self.move(way)

    def action_aside(self, by: int) -> None:
        """Sideways, as far as the lines on the screen go."""
        widest = max((cell_len(self._text(place)) for place in self._places_seen()), default=0)
        if not self.wrapped:
            self.virtual_size = Size(max(widest, self.scroll_offset.x), self.virtual_size.height)
            self.scroll_to(x=self.scroll_offset.x + by, animate=False, force=True)

    def on_mouse_scroll_up(self) -> None:
        self.following = False
        self._tell()

    def on_scroll_to(self) -> None:
        self.following = False
        self._tell()

    def on_resize(self) -> None:
        self._resize()
        if self.following:
            self._to_end()
        self.refresh()

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._sub = 0
        super().watch_scroll_y(old_value, new_value)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> LogView:
        self._rows = None
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    # How it is drawn.

    def render_line(self, y: int) -> Strip:
        if self._rows is None:
            self._rows = self._draw()
        return self._rows[y] if y < len(self._rows) else Strip.blank(self._width, self.rich_style)

    def _draw(self) -> list[Strip]:
        """The rows that are seen, from the top."""
        if self._laid_out != (self._width, self._height):  # a scroll bar came or went
            self.call_later(self.on_resize)
        rows: list[Strip] = []
        base = self.rich_style
        place, skip = self.scroll_offset.y, self._sub if self.wrapped else 0
        while place < self._count and len(rows) < self._height:
            rows += self._strips(place, self._width, base)[skip:]
            place, skip = place + 1, 0
        return rows[: self._height]

    def _strips(self, place: int, width: int, base: Style) -> list[Strip]:
        """The rows of a line: one, unless lines are wrapped."""
        x = self.scroll_offset.x
        text, spans = self._text(place), self._spans(place)
        number = self._number(place)
        strips, at = [], 0
        for piece in _pieces(text, width) if self.wrapped else [text]:
            strip = Strip(_segments(piece, at, spans, base), cell_len(piece))
            strip = strip.crop_extend(x, x + width, base) if not self.wrapped else strip.extend_cell_length(width, base)
            strips.append(strip.apply_offsets(at + (0 if self.wrapped else x), number))
            at += len(piece)
        return strips

    def _spans(self, place: int) -> list[Span]:
        """What of a line is not drawn plainly; later ones lie above earlier ones."""
        text, found = self._text(place), []
        line = self._line(place)
        if line.source == NOTE:
            return [(0, len(text), self.get_component_rich_style("logview--note", partial=True))]
        if self.names and line.source < len(self.names):
            style = Style(color=COLOURS[line.source % len(COLOURS)], bold=True)
            found.append((0, len(self.names[line.source]) + len(BAR), style))
        if self.pattern is not None:
            kind = "logview--current" if line.number == self._match else "logview--match"
            style = self.get_component_rich_style(kind, partial=True)
            found += [(match.start(), match.end(), style) for match in self.pattern.finditer(text) if match[0]]
        selection = self.text_selection
        span = selection.get_span(line.number) if selection is not None else None
        if span is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            found.append((span[0], len(text) if span[1] < 0 else span[1], style))
        return found

    # Lines and places.

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    @property
    def _width(self) -> int:
        return max(1, self.scrollable_content_region.width)

    @property
    def _count(self) -> int:
        return len(self.buffer) + bool(self._unfinished)

    def _line(self, place: int) -> Line:
        """A line; behind the last one the one that has not ended."""
        if place < len(self.buffer):
            return self.buffer.line(place)
        last = self.buffer.line(place - 1).number if place else -1
        return Line(last + 1, 0, self._unfinished)

    def _number(self, place: int) -> int:
        return self._line(place).number

    def _text(self, place: int) -> str:
        line = self._line(place)
        text = shown(line.raw, with_time=self.times)
        return f"{self.names[line.source]}{BAR}{text}" if line.source < len(self.names) else text

    def _places_seen(self) -> range:
        """Lines of which a row is on the screen."""
        top, rows = self.scroll_offset.y, -self._sub
        last = top
        while last < self._count and rows < self._height:
            rows += self._rows_of(last) if self.wrapped else 1
            last += 1
        return range(top, last)

    def _number_at_top(self) -> int | None:
        return self._number(self.scroll_offset.y) if self.scroll_offset.y < self._count else None

    def _end(self) -> tuple[int, int]:
        """The line at the top and its rows above that, where the last row is at the bottom."""
        place, rows = self._count, 0
        if not self.wrapped:
            return max(0, place - self._height), 0
        while place and rows < self._height:
            place -= 1
            rows += len(_pieces(self._text(place), self._width))
        return place, max(0, rows - self._height)

    def _resize(self) -> None:
        """As many lines as can be at the top, and a screen full."""
        self._laid_out = (self._width, self._height)
        size = Size(self.virtual_size.width, self._end()[0] + self._height if self._count else 0)
        if min(size.height, self.virtual_size.height) > self._height:
            # The scroll bar stays, so nothing else moves: without this each batch of lines lays the screen out anew.
            self.set_reactive(LogView.virtual_size, size)
            self._scroll_update(size)
        else:
            self.virtual_size = size

    def _to_end(self) -> None:
        self._to(*self._end())

    def _to(self, place: int, sub: int) -> None:
        self.scroll_to(y=place, animate=False, force=True)
        self._sub = sub if self.wrapped else 0
        self.refresh()

    def _by(self, rows: int) -> None:
        """So many rows down, or up where it is below zero."""
        place, sub = self.scroll_offset.y, self._sub
        if not self.wrapped:
            self._to(place + rows, 0)
            return
        end = self._end()
        for _ in range(abs(rows)):
            if rows > 0 and (place, sub) < end:
                place, sub = (place, sub + 1) if sub + 1 < self._rows_of(place) else (place + 1, 0)
            elif rows < 0 and (place, sub) > (0, 0):
                place, sub = (place, sub - 1) if sub else (place - 1, self._rows_of(place - 1) - 1)
        self._to(place, sub)

    def _rows_of(self, place: int) -> int:
        return len(_pieces(self._text(place), self._width))

    def _find(self, place: int, step: int) -> bool:
        """Goes to the next match from a place on, around the end; whether there is one."""
        assert self.pattern is not None
        found = self.buffer.find(self.pattern, place, step)
        if found < 0:
            found = self.buffer.find(self.pattern, 0 if step > 0 else len(self.buffer) - 1, step)
        if found < 0:
            return False
        self._match, self.following = self.buffer.line(found).number, False
        if found not in self._places_seen()[:-1]:
            self._to(max(0, found - self._height // 2), 0)
        self.refresh()
        self._tell()
        return True

    def _tell(self) -> None:
        self.post_message(self.Moved(at_top=self.scroll_offset.y == 0 and not self._sub))


def _pieces(text: str, width: int) -> list[str]:
    """A text in rows of at most so many columns."""
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    return chop_cells(text, width) or [""]


def _segments(piece: str, at: int, spans: Sequence[Span], base: Style) -> list[Segment]:
    """`piece` begins at character `at` of its line, in which `spans` are."""
    edges = sorted({0, len(piece), *(min(len(piece), max(0, edge - at)) for span in spans for edge in span[:2])})
    if not spans or len(edges) < 2:
        return [Segment(piece, base)]
    found = []
    for start, end in pairwise(edges):
        style = base
        for first, last, more in spans:
            if first < at + end and last > at + start:
                style += more
        found.append(Segment(piece[start:end], style))
    return found
