"""What keeps MiniKF from working well on this machine: each finding with its cause and what mends it."""

from __future__ import annotations

from typing import Any

from textual import on

from minikf.commands import command
from minikf.doctor import Finding, Level
from minikf.tui.pages.lists import STYLES
from minikf.tui.pages.tablepage import TablePage
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.asking import Question
from minikf.views.columns import NARROW
from minikf.views.home.chain import cut
from minikf.views.home.questions import AskDoctor
from minikf.views.items import Rank
from minikf.views.text import plain

SECONDS = 300.0
"""It asks Docker, tools and registries, which takes seconds: seldom, and again when the user wants it."""

_ORDER = (Level.ERROR, Level.WARNING, Level.INFO, Level.OK)
_RANKS = {Level.ERROR: Rank.BROKEN, Level.WARNING: Rank.WAITING, Level.INFO: Rank.DONE, Level.OK: Rank.RUNNING}


class DoctorPage(TablePage):
    place = "doctor"

    def __init__(self) -> None:
        super().__init__()
        self.findings: tuple[Finding, ...] | None = None
        self._round = 0
        self._failed = ""

    def questions(self) -> dict[Question[Any], float]:
        return {AskDoctor(self._round): SECONDS}

    def answered(self, question: Question[Any], value: Any) -> None:
        if question == AskDoctor(self._round):
            self.findings, self._failed = value, ""

    def unanswered(self, question: Question[Any], cause: str, advice: str) -> None:
        if question == AskDoctor(self._round):
            self._failed = cause

    def equivalent(self) -> str:
        return command("doctor", self.minikf.platform)

    def draw(self) -> None:
        width, found = self.width, self.findings
        titles = ("LEVEL", "WHAT") if width < NARROW else ("LEVEL", "WHAT", "FOUND", "FIX")
        rows = [_row(number, one, width) for number, one in _ordered(found)] if found is not None else []
        said = plain(self._failed or "Looking at this machine…")
        self.show_rows(titles, rows, said, is_there=found is not None)
        self._tell()

    def _current(self) -> Finding | None:
        key, found = self.table.current, self.findings
        return found[int(key)] if found is not None and key.isdigit() and int(key) < len(found) else None

    @on(LiveTable.Moved)
    def _tell(self) -> None:
        one = self._current()
        text = cut(told(one), 2 * self.width - 4) if one is not None else ""
        self.show_why(plain(text))

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        one = self._current()
        if one is not None:
            self.minikf.say(told(one))

    def do_look_again(self) -> None:
        self._round += 1
        self.findings = None
        self.minikf.changed()

    def do_copy_fix(self) -> None:
        one = self._current()
        if one is not None and one.fix:
            self.minikf.copy(one.fix)
        else:
            self.minikf.say("there is nothing to mend here")


def told(one: Finding) -> str:
    parts = (f"{one.name}: {one.found}", one.cause, f"fix: {one.fix}" if one.fix else "")
    return " · ".join(part for part in parts if part)


def _ordered(found: tuple[Finding, ...]) -> list[tuple[int, Finding]]:
    """The worst first."""
    return sorted(enumerate(found), key=lambda pair: _ORDER.index(pair[1].level))


def _row(number: int, one: Finding, width: int) -> Row:
    cells = (one.level.value, one.name) if width < NARROW else (one.level.value, one.name, one.found, one.fix)
    return Row(str(number), tuple(plain(cell) for cell in cells), STYLES[_RANKS[one.level]])
