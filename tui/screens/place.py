"""What all screens have: the top line, the banner, the footer, and the keys of the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer

from minikf.tui.actions import bindings
from minikf.tui.widgets.banner import Banner
from minikf.tui.widgets.summary import Summary

if TYPE_CHECKING:
    from minikf.tui.app import MinikfApp


class PlaceScreen(Screen[None]):
    """A screen of which the actions know the name: its `place`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()

    @property
    def place(self) -> str:
        raise TypeError(f"{type(self).__name__} names no place")

    @property
    def minikf(self) -> MinikfApp:
        return cast("MinikfApp", self.app)

    def compose(self) -> ComposeResult:
        yield Summary(id="summary")
        yield Banner(id="banner", markup=False)
        yield from self.compose_body()
        yield Footer(show_command_palette=False, compact=True)

    def compose_body(self) -> ComposeResult:
        yield from ()

    def redraw(self) -> None:
        """Shows what the store holds now; does nothing before the screen is composed and after it is taken down."""
        if self.query(Footer):  # composed last
            self.draw()

    def draw(self) -> None:
        """Old data is grey while the connection is lost."""
        self.query_one(Summary).show(self.minikf.platform, self.minikf.store.status)
        self.query_one(Banner).show(self.minikf.connection)
        self.set_class(self.minikf.connection.is_lost, "-lost")

    def on_screen_resume(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()
