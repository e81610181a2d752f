"""The first screen: the names of the views, and the one that is open."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from minikf.tui.pages import BY_PLACE, HOME, PAGES
from minikf.tui.pages.page import Page
from minikf.tui.screens.place import PlaceScreen
from minikf.tui.widgets.nav import Nav


class MainScreen(PlaceScreen):
    """Pages are made when they are opened first, and keep their filter and place."""

    def __init__(self) -> None:
        super().__init__()
        self.page_name = HOME
        self.pages: dict[str, Page] = {}

    @property
    def page(self) -> Page:
        """The one that is open."""
        return self.pages[self.page_name]

    @property
    def places(self) -> frozenset[str]:
        return self.page.places if self.page_name in self.pages else BY_PLACE[HOME].make().places

    def compose_body(self) -> ComposeResult:
        yield Nav(id="nav")
        yield Vertical(self._made(self.page_name), id="pages")

    def page_is_there(self, page: Page) -> None:
        """A page has its widgets; the user may have gone on meanwhile."""
        if page.place == self.page_name:
            self._attend()

    def open(self, place: str) -> None:
        """Shows another page."""
        if place == self.page_name:
            return
        self.minikf.disregard(self.page)
        if self.page.there:
            self.page.closed()
        self.page.display = False
        self.page_name = place
        if place not in self.pages:
            self.query_one("#pages").mount(self._made(place))
            return
        self.page.display = True
        if self.page.there:
            self._attend()

    def open_next(self, by: int) -> None:
        names = [each.place for each in PAGES]
        self.open(names[(names.index(self.page_name) + by) % len(names)])

    def draw(self) -> None:
        super().draw()
        self.query_one(Nav).show(self.page_name, self.minikf.store, self.size.width)
        if self.page.there:
            self.page.draw()

    def do_clear(self) -> None:
        self.page.escape()

    def _made(self, place: str) -> Page:
        self.pages[place] = BY_PLACE[place].make()
        return self.pages[place]

    def _attend(self) -> None:
        self.minikf.attend(self.page)
        self.page.opened()
        self.redraw()
        self.refresh_bindings()
        self.minikf.catch_up()
