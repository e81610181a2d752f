"""A picture of characters as a widget."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

from minikf.tui.pictures.picture import Picture

Draw = Callable[[int, int], Picture]
"""Makes the picture for so many columns and rows."""

_STYLES = {
    "axis": "dim", "label": "dim", "best": "bold $text-success", "bad": "bold $text-error", "series-0": "$text-primary",
    "series-1": "$text-warning", "series-2": "$text-accent", "series-3": "$text-secondary",
}  # fmt: skip


class Plot(Static):
    """Draws itself anew when its size or what it shows is another; colours only repeat what the marks say."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._draw: Draw | None = None
        self._drawn: tuple[object, int, int] | None = None
        self._about: object = None

    def draw(self, about: object, draw: Draw) -> None:
        """`about` is what the picture shows: the same value in the same size is the same picture."""
        self._draw, self._about = draw, about
        self._again()

    def on_resize(self) -> None:
        self._again()

    def _again(self) -> None:
        width, height = self.content_size.width, self.content_size.height
        if self._draw is None or width < 1 or height < 1 or self._drawn == (self._about, width, height):
            return
        self._drawn = (self._about, width, height)
        self.update(content_of(self._draw(width, height)))


def content_of(picture: Picture) -> Content:
    """With the theme's colours by role."""
    lines = [Content.assemble(*((text, _STYLES.get(role, "")) for text, role in line)) for line in picture.lines]
    return Content("\n").join(lines)
