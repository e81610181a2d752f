"""The keys of the place one came from."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from minikf.tui.actions import key_name, usable

TITLES = {"list": "Lists", "status": "Status", "details": "Details", "log": "Logs"}


class HelpScreen(ModalScreen[None]):
    """What `usable` says, as text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        text = Text(f"Keys: {TITLES[self._place]}\n\n", style="bold")
        for action in usable(self._place):
            keys = " ".join(key_name(key) for key in action.keys.split(","))
            text.append(f"{keys:<12}", style="not bold bold")
            text.append(f"{action.title}\n", style="not bold")
        with VerticalScroll(id="help"):
            yield Static(text)

    def action_scroll(self, way: str) -> None:
        scroll = self.query_one(VerticalScroll)
        if way == "down":
            scroll.scroll_down(animate=False)
        else:
            scroll.scroll_up(animate=False)
