"""What all screens have: the top line, the banner, the footer, and the keys of the actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer

from minikf.tui.actions import bindings
from minikf.tui.actions.action import SCREENS
from minikf.tui.places import Place
from minikf.tui.widgets.banner import Banner
from minikf.tui.widgets.summary import Summary


class PlaceScreen(Place, Screen[None]):
    """A screen of which the actions know the name: its `place`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()

    @property
    def places(self) -> frozenset[str]:
        return super().places | {SCREENS}

    def compose(self) -> ComposeResult:
        yield Summary(id="summary")
        yield Banner(id="banner", markup=False)
        yield from self.compose_body()
        yield Footer(show_command_palette=False, compact=True)

    def compose_body(self) -> ComposeResult:
        yield from ()

    def on_mount(self) -> None:
        """Textual calls this beside the `on_mount` of what is made of it."""
        self.there = True
        self.minikf.attend(self)
        self.minikf.catch_up()

    def redraw(self) -> None:
        """Shows what the store holds now; does nothing before the screen is composed and after it is taken down."""
        if self.query(Footer):  # composed last
            self.draw()

    def draw(self) -> None:
        """Old data is grey while the connection is lost."""
        self.query_one(Summary).show(self.minikf.platform, self.minikf.store.status, self.minikf.config.read_only)
        self.query_one(Banner).show(self.minikf.connection, ever=self.minikf.store.has_run)
        self.set_class(self.minikf.connection.is_lost, "-lost")

    def on_screen_resume(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()

    def do_leave(self) -> None:
        self.minikf.pop_screen()
