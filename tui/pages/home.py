"""The platform's parts, those with a problem first."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from minikf.commands import command
from minikf.spec import ComponentStatus
from minikf.tui.pages.lists import STYLES
from minikf.tui.pages.page import Page
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.columns import NARROW
from minikf.views.items import Rank
from minikf.views.text import megabytes, plain


class HomePage(Page):
    place = "home"

    def compose(self) -> ComposeResult:
        yield LiveTable(id="table")
        yield Static(classes="empty", markup=False)
        yield Static(classes="why", markup=False)

    def opened(self) -> None:
        self.query_one(LiveTable).focus()

    def equivalent(self) -> str:
        return command("status", self.minikf.platform)

    def url(self) -> str:
        part = self._current()
        return part.address if part is not None and part.address.startswith(("http://", "https://")) else ""

    def draw(self) -> None:
        titles, rows, said = self._rows()
        table = self.query_one(LiveTable)
        table.show(titles, rows)
        table.display = bool(rows)
        empty = self.query_one(".empty", Static)
        empty.display = not rows
        empty.update(said)
        self._show_why()

    def _rows(self) -> tuple[tuple[str, ...], list[Row], str]:
        width, status = self.size.width or 80, self.minikf.store.status
        titles = ("PART", "STATE") if width < NARROW else ("PART", "STATE", "MEMORY", "ADDRESS", "WHY")
        if status is None:
            return titles, [], "Looking…"
        if not status.running:
            return titles, [], plain(f"The platform is not running: {status.cause}. {status.advice}")
        parts = sorted(status.components, key=lambda part: part.healthy)
        return titles, [_part(part, width) for part in parts], "The platform names no parts."

    def _current(self) -> ComponentStatus | None:
        status, key = self.minikf.store.status, self.query_one(LiveTable).current
        return next((each for each in status.components if each.name == key), None) if status else None

    @on(LiveTable.Moved)
    def _show_why(self) -> None:
        part, why = self._current(), self.query_one(".why", Static)
        why.display = part is not None and bool(part.cause)
        why.update(plain(part.cause) if part is not None else "")


def _part(part: ComponentStatus, width: int) -> Row:
    cells = [part.name, part.state]
    if width >= NARROW:
        cells += [megabytes(part.memory_bytes), part.address, part.cause]
    return Row(part.name, tuple(plain(cell) for cell in cells), "" if part.healthy else STYLES[Rank.BROKEN])
