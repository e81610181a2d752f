"""A view of the main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.containers import Vertical

from minikf.tui.actions.action import PAGES
from minikf.tui.places import Place

if TYPE_CHECKING:
    from minikf.tui.screens.main import MainScreen


class Page(Place, Vertical):
    """Made when it is opened first, and kept. `opened` and `draw` are called while it is the one that is shown."""

    groups = frozenset({PAGES})

    def on_mount(self) -> None:
        """Only now its widgets are there."""
        self.there = True
        cast("MainScreen", self.screen).page_is_there(self)

    def on_resize(self) -> None:
        """What is shown depends on the room that there is, which is known after the first layout."""
        self.minikf.changed()

    def opened(self) -> None:
        """It is shown from now on: the place for the focus."""

    def closed(self) -> None:
        """Another one is shown from now on."""

    def escape(self) -> None:
        """What the key escape does here, where no screen is to be left."""
