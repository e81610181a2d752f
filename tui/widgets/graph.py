"""A run's graph on the screen: scrolled both ways, with a step under the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from minikf.views.runs.moving import Way, at, beside
from minikf.views.runs.picture import Picture

# By the state of a step. The signs say the same without colour.
STYLES = {
    "SUCCEEDED": "green", "CACHED": "cyan", "FAILED": "bold red", "RUNNING": "bold yellow", "CANCELED": "magenta",
    "CANCELING": "magenta", "PENDING": "yellow", "WAITING": "dim", "SKIPPED": "dim", "NOT_RUN": "dim", "line": "dim",
}  # fmt: skip


class GraphView(ScrollView, can_focus=True, inherit_bindings=False):
    """Says `Moved` when another step is under the cursor, `Opened` at a double click."""

    DEFAULT_CSS = """
    GraphView { height: 1fr; background: $surface; color: $foreground; scrollbar-size: 1 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(way, f"go('{way}')", way.capitalize(), show=False) for way in ("up", "down", "left", "right")),
        Binding("home", "go('top')", "Top", show=False),
        Binding("end", "go('bottom')", "Bottom", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
    ]

    @dataclass
    class Moved(Message):
        """Another step is meant."""

        step: str

    @dataclass
    class Opened(Message):
        """A double click."""

        step: str

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._chosen = ""
        self._seen = ""

    def show(self, picture: Picture, chosen: str) -> None:
        """Draws; where another step is under the cursor than before, it is scrolled to."""
        self._picture, self._chosen = picture, chosen
        size = Size(picture.width, len(picture.lines))
        if size != self.virtual_size:
            self.virtual_size = size
        if chosen != self._seen and chosen in picture.spots:
            self._seen = chosen
            self.call_after_refresh(self._keep_in_view)
        self.refresh()

    def move(self, way: str) -> None:
        """vim's keys, from `minikf.tui.widgets.movable`."""
        self.action_go(way)

    def action_go(self, way: Way | str) -> None:
        if self._picture is None:
            return
        found = beside(self._picture, self._chosen, way)  # type: ignore[arg-type]  # keys say only what it knows
        if found and found != self._chosen:
            self.post_message(self.Moved(found))

    def action_page(self, by: int) -> None:
        self.scroll_relative(y=by * max(1, self.size.height - 2), animate=False)

    def on_click(self, event: events.Click) -> None:
        if self._picture is None:
            return
        found = at(self._picture, event.x + self.scroll_offset.x, event.y + self.scroll_offset.y)
        if found:
            self.post_message(self.Opened(found) if event.chain > 1 else self.Moved(found))

    def on_resize(self) -> None:
        self._keep_in_view()

    def _keep_in_view(self) -> None:
        if self._picture is not None and self._chosen in self._picture.spots:
            box = self._picture.spots[self._chosen]
            self.scroll_to_region(Region(box.x, box.y, box.width, box.height), animate=False)

    def render_line(self, y: int) -> Strip:
        width, x = self.size.width, self.scroll_offset.x
        row = y + self.scroll_offset.y
        base = self.rich_style
        if self._picture is None or row >= len(self._picture.lines):
            return Strip.blank(width, base)
        segments = [
            Segment(text, base + Style.parse(STYLES[state])) if state in STYLES else Segment(text, base)
            for text, state in self._picture.lines[row]
        ]
        return Strip(segments).crop_extend(x, x + width, base)
