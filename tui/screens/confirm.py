"""Asks before something is taken away: a word has to be typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from minikf.tui.places import Doom
from minikf.views.text import plain


class ConfirmScreen(ModalScreen[bool]):
    """Ends with True only where the word was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "no", "No")]

    def __init__(self, doom: Doom) -> None:
        super().__init__()
        self._doom = doom

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(plain(self._doom.question), markup=False)
            yield Static(f"Type {plain(self._doom.word)} and enter; esc leaves it.", markup=False)
            yield Input(id="word", compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def action_no(self) -> None:
        self.dismiss(False)

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._doom.word:
            self.dismiss(True)
        else:
            self.notify(f"That is not {plain(self._doom.word)}", severity="warning", markup=False)
