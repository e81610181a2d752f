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


class HelpScreen(ModalScreen[None]):
    """What `usable` says, as text; `keys` are the user's own by an action's id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, title: str, places: frozenset[str], keys: dict[str, str], *, read_only: bool) -> None:
        super().__init__()
        self._title = title
        self._places = places
        self._keys = keys
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        text = Text(f"Keys: {self._title}\n", style="bold")
        if self._read_only:
            text.append("Read-only: what changes something is off.\n", style="not bold")
        text.append("\n")
        for action in usable(self._places):
            if self._read_only and action.changes:
                continue
            own = self._keys.get(action.id, action.keys)
            keys = " ".join(key_name(key) for key in own.split(",") if key) or "palette"
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
