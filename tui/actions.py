"""Everything that can be done, once: keys, footer, help and palette are made from this."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from minikf.views.kinds import STATUS, VIEWS

ANYWHERE = ("list", "status", "details", "log")
_LISTS = ("list", "status")
_TEXTS = ("details", "log")


@dataclass(frozen=True)
class Action:
    """`call` is Textual's action; `places` are the screens or views where it can be used."""

    call: str
    keys: str
    title: str
    places: tuple[str, ...]
    shown: bool = False

    @property
    def name(self) -> str:
        """The action without its namespace and parameters."""
        return self.call.removeprefix("app.").partition("(")[0]

    @property
    def first_key(self) -> str:
        return self.keys.split(",")[0]


ACTIONS: tuple[Action, ...] = (
    Action("app.help", "question_mark,f1", "Help", ANYWHERE, shown=True),
    Action("app.quit", "q,ctrl+q", "Quit", ANYWHERE, shown=True),
    *(
        Action(f"app.view('{kind}')", str(number), f"Show {title}", _LISTS)
        for number, (kind, title) in enumerate([(STATUS, "Status"), *((each.kind, each.title) for each in VIEWS)], 1)
    ),
    Action("app.next_view(1)", "tab", "Next list", _LISTS, shown=True),
    Action("app.next_view(-1)", "shift+tab", "Previous list", _LISTS),
    Action("app.move('down')", "j", "Down", ANYWHERE),
    Action("app.move('up')", "k", "Up", ANYWHERE),
    Action("app.move('top')", "g", "To the top", ANYWHERE),
    Action("app.move('bottom')", "G", "To the bottom", ANYWHERE),
    Action("app.details", "enter,d", "Details", ("list",), shown=True),
    Action("app.yaml", "y", "YAML", ("list", "details"), shown=True),
    Action("app.logs", "l", "Logs", ("list", "details"), shown=True),
    Action("app.filter", "slash", "Filter", ("list",), shown=True),
    Action("app.next_container(1)", "right_square_bracket,n", "Next container", ("log",), shown=True),
    Action("app.next_container(-1)", "left_square_bracket,p", "Previous container", ("log",)),
    Action("app.toggle_follow", "f", "Follow", ("log",), shown=True),
    Action("app.leave", "escape", "Back", ("list", "details", "log"), shown=True),
    Action("app.palette", "ctrl+p,colon", "Commands", ANYWHERE),
)


def usable(place: str) -> list[Action]:
    """What can be done at a place, in the order of the table."""
    return [action for action in ACTIONS if place in action.places]


def bindings() -> list[BindingType]:
    """Textual's bindings; which of them count where is asked of `is_usable` (the app's `check_action`)."""
    return [
        Binding(action.keys, action.call, action.title, show=action.shown, key_display=key_name(action.first_key))
        for action in ACTIONS
    ]


def is_usable(name: str, place: str) -> bool:
    """Whether the action `app.<name>` can be used at a place; True for what is none of ours."""
    ours = [action for action in ACTIONS if action.name == name]
    return not ours or any(place in action.places for action in ours)


def key_name(key: str) -> str:
    """A key as it is printed on a keyboard."""
    names = {
        "slash": "/",
        "question_mark": "?",
        "right_square_bracket": "]",
        "left_square_bracket": "[",
        "colon": ":",
        "escape": "esc",
        "ctrl+p": "^p",
        "ctrl+q": "^q",
        "shift+tab": "⇧tab",
    }
    return names.get(key, key)
