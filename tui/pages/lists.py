"""A live list of one kind of object."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from minikf.commands import command
from minikf.tui.actions.action import LISTS, OBJECTS, PAGES, Action
from minikf.tui.pages.tablepage import TablePage
from minikf.tui.places import Doom, deletion
from minikf.tui.widgets.livetable import LiveTable, Row, Rows
from minikf.views.columns import Column
from minikf.views.items import Item, Rank
from minikf.views.kinds import BY_KIND, View
from minikf.views.ordering import WORST_FIRST, Order
from minikf.views.text import plain, web_address

STYLES = {Rank.BROKEN: "bold red", Rank.WAITING: "yellow", Rank.RUNNING: "", Rank.DONE: "dim"}


class ListPage(TablePage):
    """`kind` is the plural name of what it lists."""

    kind: ClassVar[str]
    groups = frozenset({PAGES, LISTS, OBJECTS})

    def __init__(self) -> None:
        super().__init__()
        self.order = WORST_FIRST
        self._items: list[Item] = []
        self._keys: list[str] = []

    @property
    def view(self) -> View:
        return BY_KIND[self.kind]

    @property
    def words(self) -> str:
        """The filter."""
        return self.query_one("#filter", Input).value

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield Input(placeholder="words, label:app=web, status.phase=Running, !not", id="filter", compact=True)

    def on_mount(self) -> None:
        self.query_one("#filter").display = False

    def columns(self) -> tuple[Column, ...]:
        """Those that fit, or those that the user has chosen."""
        own = self.minikf.config.columns_of(self.view)
        return own or tuple(each for each in self.view.all_columns if each.fits(self.width))

    def items(self) -> list[Item]:
        return self.minikf.store.rows(self.kind, self.words, self.order)

    def draw(self) -> None:
        store, items, columns = self.minikf.store, self.items(), self.columns()
        titles = tuple(each.title for each in columns)
        said = "" if items else plain(self._said(store.absent.get(self.kind), self.kind in store.listed))
        self.show_rows(titles, self._rows(items, columns), said, self.order)
        self._show_why()

    def selected(self) -> Item | None:
        return self.minikf.store.get(self.kind, self.table.current)

    def chosen(self) -> list[Item]:
        marked = self.table.marked
        found = [item for item in self.items() if item.key in marked]
        return found or super().chosen()

    def equivalent(self) -> str:
        words = f" --filter '{self.words}'" if self.words else ""
        order = f" --sort {self.order.column}" if self.order.column else ""
        reverse = " --reverse" if self.order.reverse else ""
        return command(f"list {self.kind}{words}{order}{reverse}", self.minikf.platform)

    def url(self) -> str:
        item = self.selected()
        return web_address(item.verdict.info) if item is not None else ""

    def doom(self, action: Action) -> Doom | None:
        return deletion(self.chosen(), self.view.title)

    def escape(self) -> None:
        """First the selection goes, then the filter."""
        if self.table.marked:
            self.table.unmark()
            return
        self.query_one("#filter", Input).value = ""
        self.query_one("#filter").display = False
        self.table.focus()

    def do_filter(self) -> None:
        self.type_into(self.query_one("#filter", Input))

    def do_mark(self) -> None:
        self.table.toggle_mark()

    def do_sort(self) -> None:
        """By each column in turn, then worst first again."""
        titles = ["", *(each.title for each in self.columns())]
        now = titles.index(self.order.column) if self.order.column in titles else 0
        self._sort(titles[(now + 1) % len(titles)], reverse=False)

    def do_sort_reversed(self) -> None:
        self._sort(self.order.column, reverse=not self.order.reverse)

    def do_copy_row(self) -> None:
        item = self.selected()
        if item is not None:
            self.minikf.copy(item.key)

    def _sort(self, column: str, *, reverse: bool) -> None:
        self.order = Order(column, reverse)
        self.draw()

    def _rows(self, items: list[Item], columns: tuple[Column, ...]) -> Rows:
        """Made when they are looked at: of ten thousand a terminal shows fifty."""
        if items is not self._items:  # the store hands out the same list until something changes
            self._items, self._keys = items, [item.key for item in items]

        def make(number: int) -> Row:
            item = items[number]
            return Row(item.key, tuple(each.of(item) for each in columns), STYLES[item.verdict.rank])

        return Rows(self._keys, make)

    def _said(self, absent: str | None, listed: bool) -> str:
        if absent is not None:
            return f"This platform serves no {self.view.title}: {absent}"
        if self.words:
            return f"No {self.view.title} with '{self.words}'."
        if listed:
            return f"There are no {self.view.title} yet."
        status = self.minikf.store.status
        if status is not None and not status.running and not self.minikf.store.has_run:
            return f"{status.cause[:1].upper()}{status.cause[1:]}."
        return "Looking…"

    def _show_why(self) -> None:
        self.show_why(self.below())

    def below(self) -> str:
        """The cause of the row under the cursor, in words."""
        item = self.selected()
        return f"{item.name}: {item.verdict.cause}" if item is not None and item.verdict.cause else ""

    @on(LiveTable.Moved)
    def _moved(self) -> None:
        self._show_why()

    @on(LiveTable.Chosen)
    def _chosen(self) -> None:
        self.minikf.perform("details")

    @on(LiveTable.Sorted)
    def _sorted(self, event: LiveTable.Sorted) -> None:
        self._sort(event.title, reverse=self.order.column == event.title and not self.order.reverse)

    @on(Input.Changed, "#filter")
    def _typed(self) -> None:
        self.draw()

    @on(Input.Submitted, "#filter")
    def _typed_enough(self) -> None:
        self.query_one("#filter").display = bool(self.words)
        self.table.focus()


class Pods(ListPage):
    place = kind = "pods"
    kinds = ("pods",)


class Jobs(ListPage):
    place = kind = "jobs"
    kinds = ("jobs", "pods")


class Events(ListPage):
    place = kind = "events"
    kinds = ("events",)
