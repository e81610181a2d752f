"""A text that changes while it is read."""

from __future__ import annotations

from textual.widgets import TextArea


def show_text(area: TextArea, text: str) -> None:
    """Puts a text in the place of another; what is seen of it stays where it was."""
    if area.text != text:
        x, y = area.scroll_offset
        area.load_text(text)
        area.scroll_to(x, y, animate=False)
