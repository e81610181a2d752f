"""Everything that can be done, once: keys, footer, help, palette and read-only mode are made from this."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from minikf.tui.actions.action import ANYWHERE, Action, key_name
from minikf.tui.actions.base import ACTIONS as BASE
from minikf.tui.actions.base import OTHER_ACTIONS
from minikf.tui.actions.home import ACTIONS as HOME

ACTIONS: tuple[Action, ...] = (*HOME, *OTHER_ACTIONS, *BASE)
"""Where two have the same key at one place, the first of them counts."""
BY_ID = {action.id: action for action in ACTIONS}
__all__ = ["ACTIONS", "ANYWHERE", "BY_ID", "Action", "bindings", "key_name", "usable"]


def usable(places: frozenset[str]) -> list[Action]:
    """What can be done at a place, in the order of the table."""
    return [action for action in ACTIONS if action.usable_at(places)]


def bindings() -> list[BindingType]:
    """Textual's bindings; which of them count where is asked of the app's `check_action`."""
    return [
        Binding(action.keys, action.call, action.title, show=action.shown, key_display=key_name(action.first_key),
                id=action.id)
        for action in ACTIONS
        if action.keys
    ]  # fmt: skip
