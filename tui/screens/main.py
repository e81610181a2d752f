"""The first screen: the platform's status and the live lists of workloads."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import DataTable, Input, Static

from minikf.spec import ComponentStatus
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.store import Store
from minikf.tui.widgets.nav import Nav
from minikf.tui.widgets.table import MOST_ROWS, LiveTable, Row
from minikf.views.items import Item, Rank
from minikf.views.kinds import BY_KIND, STATUS
from minikf.views.text import age, megabytes, now, plain

NARROW, WIDE = 60, 120
STYLES = {Rank.BROKEN: "bold red", Rank.WAITING: "yellow", Rank.RUNNING: "", Rank.DONE: "dim"}


class MainScreen(PlaceScreen):
    """`kind` is the list that is shown, or STATUS."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = STATUS
        self._filters: dict[str, str] = {}
        self._places: dict[str, str] = {}

    @property
    def place(self) -> str:
        return "status" if self.kind == STATUS else "list"

    def compose_body(self) -> ComposeResult:
        yield Nav(id="nav")
        yield LiveTable(id="table")
        yield Static(id="empty", markup=False)
        yield Static(id="why", markup=False)
        yield Input(placeholder="words that a row must hold", id="filter", compact=True)

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.query_one("#table").focus()

    @property
    def words(self) -> str:
        return self._filters.get(self.kind, "")

    def open(self, kind: str) -> None:
        """Shows another list, with the filter and the place that it had."""
        if kind == self.kind:
            return
        self._places[self.kind] = self.query_one(LiveTable).current
        self.kind = kind
        box = self.query_one("#filter", Input)
        with box.prevent(Input.Changed):
            box.value = self.words
        box.display = bool(self.words)
        self.query_one("#table").focus()
        self.query_one(LiveTable).begin(self._places.get(kind, ""))
        self.redraw()
        self.refresh_bindings()

    def open_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    def close_filter(self) -> None:
        """The filter goes and the whole list comes back."""
        self.query_one("#filter", Input).value = ""
        self.query_one("#filter").display = False
        self.query_one("#table").focus()

    def selected(self) -> Item | None:
        if self.kind == STATUS:
            return None
        return self.minikf.store.items[self.kind].get(self.query_one(LiveTable).current)

    def draw(self) -> None:
        super().draw()
        store, width = self.minikf.store, self.size.width
        self.query_one(Nav).show(self.kind, store, width)
        titles, rows, said = _status_rows(store, width) if self.kind == STATUS else self._list_rows(store, width)
        table = self.query_one(LiveTable)
        table.show(titles, rows)
        table.display = bool(rows)
        empty = self.query_one("#empty", Static)
        empty.display = not rows
        empty.update(said)
        self._show_why()

    def _list_rows(self, store: Store, width: int) -> tuple[tuple[str, ...], list[Row], str]:
        view = BY_KIND[self.kind]
        items = store.rows(self.kind, self.words)
        titles = _titles(width, view.info)
        rows = [Row(item.key, _cells(item, width), STYLES[item.verdict.rank]) for item in items]
        if self.kind in store.absent:
            said = f"This platform serves no {view.title}: {store.absent[self.kind]}"
        elif self.words:
            said = f"No {view.title} with '{self.words}'."
        else:
            said = f"There are no {view.title} yet." if self.kind in store.listed else "Looking…"
        return titles, rows, plain(said)

    def _show_why(self) -> None:
        """The cause of the row under the cursor, in words."""
        why = self.query_one("#why", Static)
        text = self._cause()
        why.display = bool(text)
        why.update(text)

    def _cause(self) -> str:
        key = self.query_one(LiveTable).current
        if self.kind == STATUS:
            status = self.minikf.store.status
            found = [each for each in status.components if each.name == key] if status else []
            return plain(found[0].cause) if found else ""
        shown = len(self.minikf.store.rows(self.kind, self.words))
        item = self.selected()
        if item is not None and item.verdict.cause:
            return f"{item.name}: {item.verdict.cause}"
        return f"{shown - MOST_ROWS} more: filter with /" if shown > MOST_ROWS else ""

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        self._show_why()

    @on(DataTable.RowSelected)
    def _chosen(self) -> None:
        self.minikf.action_details()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        self._filters[self.kind] = event.value
        self.redraw()

    @on(Input.Submitted, "#filter")
    def _typed_enough(self) -> None:
        self.query_one("#filter").display = bool(self.words)
        self.query_one("#table").focus()


def _titles(width: int, info: str) -> tuple[str, ...]:
    if width < NARROW:
        return ("NAME", "STATE", "NAMESPACE")
    most = ("NAMESPACE", "NAME", "STATE", "AGE", info)
    return (*most, "WHY") if width >= WIDE else most


def _cells(item: Item, width: int) -> tuple[str, ...]:
    verdict = item.verdict
    if width < NARROW:
        return (item.name, verdict.state, item.namespace)
    most = (item.namespace, item.name, verdict.state, age(item.created, now()), verdict.info)
    return (*most, verdict.cause) if width >= WIDE else most


def _status_rows(store: Store, width: int) -> tuple[tuple[str, ...], list[Row], str]:
    """The platform's parts, those with a problem first."""
    titles = ("PART", "STATE") if width < NARROW else ("PART", "STATE", "MEMORY", "ADDRESS", "WHY")
    status = store.status
    if status is None:
        return titles, [], "Looking…"
    if not status.running:
        return titles, [], plain(f"The platform is not running: {status.cause}. {status.advice}")
    parts = sorted(status.components, key=lambda part: part.healthy)
    return titles, [_part(part, width) for part in parts], "The platform names no parts."


def _part(part: ComponentStatus, width: int) -> Row:
    cells = [part.name, part.state]
    if width >= NARROW:
        cells += [megabytes(part.memory_bytes), part.address, part.cause]
    return Row(part.name, tuple(plain(cell) for cell in cells), "" if part.healthy else STYLES[Rank.BROKEN])
