"""A page that is one table, with what is said where it has no rows and a line on the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widgets import Static

from minikf.tui.pages.page import Page
from minikf.tui.widgets.livetable import LiveTable, Row
from minikf.views.ordering import WORST_FIRST, Order


class TablePage(Page):
    """What it shows comes from `show_rows` and `show_why`."""

    _shown_empty = _shown_why = ""

    def compose(self) -> ComposeResult:
        yield LiveTable(id="table")
        yield Static(classes="empty", markup=False)
        why = Static(classes="why", markup=False)
        why.display = False
        yield why

    def opened(self) -> None:
        self.table.focus()

    @property
    def table(self) -> LiveTable:
        return self.query_one(LiveTable)

    def show_rows(
        self,
        titles: tuple[str, ...],
        rows: Sequence[Row],
        said: str,
        order: Order = WORST_FIRST,
        *,
        is_there: bool | None = None,
    ) -> None:
        """The rows; `said` in their place where there are none, or where `is_there` says that they are not known."""
        there = bool(rows) if is_there is None else is_there
        if is_there is not False:
            self.table.show(titles, rows, order.column, order.reverse)
        self._put_focus(there=there)
        self.table.display = there
        empty = self.query_one(".empty", Static)
        empty.display = not there
        if said != self._shown_empty:  # each update lays the whole screen out anew
            self._shown_empty = said
            empty.update(said)

    def _put_focus(self, *, there: bool) -> None:
        """Of a table that goes it is nobody's, not the filter's: keys stay keys. Back, the table has it again."""
        if self.table.has_focus and not there:
            self.screen.set_focus(None)
        elif there and not self.table.display and self.display and self.screen.focused is None:
            self.call_after_refresh(self.table.focus)

    def show_why(self, text: str) -> None:
        """The line below the table; none for ""."""
        if text == self._shown_why:
            return
        self._shown_why = text
        why = self.query_one(".why", Static)
        why.display = bool(text)
        why.update(text)
