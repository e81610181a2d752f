"""Everything that can be done, once: keys, footer, help, palette and read-only mode are made from this."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from minikf.tui.actions.action import ANYWHERE, Action, key_name
from minikf.tui.actions.base import ACTIONS as BASE
from minikf.tui.actions.base import OTHER_ACTIONS
from minikf.tui.actions.home import ACTIONS as HOME
from minikf.tui.actions.logs import ACTIONS as LOGS
from minikf.tui.actions.models import ACTIONS as MODELS
from minikf.tui.actions.runs import ACTIONS as RUNS
from minikf.tui.actions.training import ACTIONS as TRAINING

ACTIONS: tuple[Action, ...] = (*HOME, *LOGS, *MODELS, *RUNS, *TRAINING, *OTHER_ACTIONS, *BASE)
"""Where two have the same key at one place, the first of them counts."""
BY_ID = {action.id: action for action in ACTIONS}
__all__ = ["ACTIONS", "ANYWHERE", "BY_ID", "Action", "bindings", "key_name", "usable"]


def usable(places: frozenset[str]) -> list[Action]:
    """What can be done at a place, in the order of the table."""
    return [action for action in ACTIONS if action.usable_at(places)]


def bindings() -> list[BindingType]:
    """Textual's bindings; which of them count where is asked of the app's `check_action`.

    Those that open a box are done before the next key is looked at, however fast it comes: it is the box's.

    The footer shows keys in the order in which they come first here: those of all places are where they always are.
    """
    order = [key for action in (*BASE, *ACTIONS) for key in action.keys.split(",")]
    return [
        Binding(action.keys, action.call, action.title, show=action.shown, key_display=key_name(action.first_key),
                id=action.id, priority=action.types)
        for action in sorted(ACTIONS, key=lambda action: order.index(action.first_key))
        if action.keys
    ]  # fmt: skip
