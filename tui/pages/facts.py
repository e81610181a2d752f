"""A live list with more to say than its objects do: columns made of answers, and some lines on what is selected."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from minikf.tui.pages.lists import ListPage
from minikf.views.columns import Column
from minikf.views.items import Item
from minikf.views.text import plain

LEAST_ROOM = 14  # rows of the page below which the list needs them all


class FactsList(ListPage):
    """`own_columns` come before AGE and WHY; `facts` are lines below the list, where there is room for them."""

    DEFAULT_CSS = """
    FactsList .facts { height: auto; max-height: 9; padding: 0 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._about = ""

    def own_columns(self) -> tuple[Column, ...]:
        return ()

    def facts(self) -> tuple[str, ...]:
        return ()

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Static(classes="facts", markup=False)

    def columns(self) -> tuple[Column, ...]:
        if self.minikf.config.columns_of(self.view):
            return super().columns()
        found = super().columns()
        at = next((number for number, each in enumerate(found) if each.title in ("AGE", "WHY")), len(found))
        own = tuple(each for each in self.own_columns() if each.fits(self.width))
        return (*found[:at], *own, *found[at:])

    def items(self) -> list[Item]:
        """In the order of a column of our own, too."""
        found = super().items()
        column = next((each for each in self.own_columns() if each.title == self.order.column), None)
        if column is None:
            return found
        return sorted(found, key=column.key, reverse=self.order.reverse)

    def _show_why(self) -> None:
        super()._show_why()
        lines = self.facts() if self.size.height >= LEAST_ROOM else ()
        facts = self.query_one(".facts", Static)
        facts.display = bool(lines)
        facts.update("\n".join(plain(line) for line in lines))
        if self._about != self.table.current:  # what is asked may depend on it
            self._about = self.table.current
            self.minikf.changed()
