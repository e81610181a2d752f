"""What two runs differ in."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question
from minikf.views.columns import NARROW
from minikf.views.runs import comparing
from minikf.views.runs.comparing import Comparison, shown_change
from minikf.views.runs.questions import Compared
from minikf.views.text import plain

SECONDS = 3.0
_ALWAYS = ("state", "took")


class CompareScreen(PlaceScreen):
    place = "compare"

    def __init__(self, left: str, right: str) -> None:
        super().__init__()
        self._question = Compared(left, right)
        self._found: Comparison | None = None
        self._why_not = ""
        self._all = False

    def compose_body(self) -> ComposeResult:
        yield Static("Looking…", id="compare-head", markup=False)
        yield LiveTable(id="table")

    def on_mount(self) -> None:
        self.query_one(LiveTable).focus()

    def questions(self) -> dict[Question[Any], float]:
        return {self._question: SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == self._question:
            self._found, self._why_not = value, ""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == self._question:
            self._why_not = cause

    def equivalent(self) -> str:
        every = " --all" if self._all else ""
        return command(f"runs compare {self._question.left} {self._question.right}{every}", self.minikf.platform)

    def do_all_rows(self) -> None:
        self._all = not self._all
        self.redraw()

    def draw(self) -> None:
        super().draw()
        found = self._found
        head = self.query_one("#compare-head", Static)
        if found is None:
            head.update(f"The runs cannot be read: {self._why_not}" if self._why_not else "Looking…")
            return
        what = "all that they have" if self._all else "what differs"
        head.update(f"A {found.left.name}   B {found.right.name}   {what}: b")
        is_narrow = self.width < NARROW
        titles = ("", "WHAT", "A", "B") if is_narrow else ("", "PART", "WHAT", "A", "B", "B - A")
        rows = [
            _row(part, row, is_narrow=is_narrow)
            for part, several in found.parts
            for row in several
            if self._all or row.differs or (part == "RUN" and row.name in _ALWAYS)
        ]
        self.query_one(LiveTable).show(titles, rows)


def _row(part: str, row: comparing.Row, *, is_narrow: bool) -> Row:
    """What differs has a mark, not only a colour."""
    mark, cells = "*" if row.differs else "", (row.name, row.left, row.right)
    shown = (mark, *cells) if is_narrow else (mark, part.lower(), *cells, shown_change(row))
    return Row(f"{part} {row.name}", tuple(plain(cell) for cell in shown), "bold" if row.differs else "dim")
