"""A text to read."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static, TextArea

from minikf.tui.screens.place import PlaceScreen


class ReadingScreen(PlaceScreen):
    """`line` is the command line that prints the same."""

    place = "reading"

    def __init__(self, title: str, text: str, line: str) -> None:
        super().__init__()
        self._title, self._text, self._line = title, text, line

    def compose_body(self) -> ComposeResult:
        yield Static(self._title, classes="line", markup=False)
        yield TextArea(self._text, id="text", read_only=True, show_line_numbers=False, soft_wrap=True)

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def equivalent(self) -> str:
        return self._line

    def do_copy_text(self) -> None:
        """The selection, else all of the text."""
        area = self.query_one(TextArea)
        self.minikf.copy(area.selected_text or area.text)
