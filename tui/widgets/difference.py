"""A unified diff as text: signs say what its colours say, too."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from minikf.views.text import plain

_STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "$text-primary"), ("+", "$text-success"), ("-", "$text-error"))
MOST_LINES = 2000


class TextPane(VerticalScroll, can_focus=True):
    """Lines to be read and scrolled in; what is shown is replaced only where it is another text."""

    DEFAULT_CSS = """
    TextPane { height: 1fr; padding: 0 1; }
    TextPane > Static { height: auto; width: 1fr; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="movable")
        self._lines: tuple[str, ...] | None = None

    def show(self, lines: Iterable[str], *, from_top: bool = True) -> None:
        found = tuple(lines)
        if found != self._lines:
            self._lines = found
            self.query_one(Static).update(painted(found))
            if from_top:
                self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        return "\n".join(self._lines or ())

    def compose(self) -> ComposeResult:
        yield Static(markup=False)


def painted(lines: tuple[str, ...]) -> Content:
    """The lines, those of a diff in colour; of very many only the first, which is said."""
    shown = lines[:MOST_LINES]
    found = [Content.styled(plain(line), _style(line)) for line in shown]
    if len(lines) > len(shown):
        found.append(Content.styled(f"… {len(lines) - len(shown):,} lines more", "dim"))
    return Content("\n").join(found)


def _style(line: str) -> str:
    return next((style for sign, style in _STYLES if line.startswith(sign)), "")
