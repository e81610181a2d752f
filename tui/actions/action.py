"""One thing that can be done in the terminal UI."""

from __future__ import annotations

from dataclasses import dataclass

# Groups of places, beside the name of each single one.
ANYWHERE, PAGES, SCREENS, LISTS, OBJECTS, TEXTS = "anywhere", "pages", "screens", "lists", "objects", "texts"


@dataclass(frozen=True)
class Action:
    """`name` is what calls `do_<name>` with `argument`; `keys` are Textual's names of keys, divided by commas.

    `places` are places or groups of them where it can be used. `shown` puts it into the footer. `changes` is whether it
    changes something on the platform or this machine: not in read-only mode; `destroys`, whether what it takes away
    cannot be had back: the name has to be typed first. `types` is whether it opens a box for the keys that follow.
    """

    name: str
    keys: str
    title: str
    places: tuple[str, ...]
    shown: bool = False
    changes: bool = False
    destroys: bool = False
    types: bool = False
    argument: str = ""

    @property
    def id(self) -> str:
        """What the user's key map calls it, such as `delete` or `page.pods`."""
        return f"{self.name}.{self.argument}" if self.argument else self.name

    @property
    def first_key(self) -> str:
        return self.keys.split(",")[0]

    @property
    def call(self) -> str:
        """Textual's action."""
        return f"app.do({self.id!r})"

    def usable_at(self, places: frozenset[str]) -> bool:
        return bool(places.intersection(self.places))


_NAMES = {
    "slash": "/", "question_mark": "?", "right_square_bracket": "]", "left_square_bracket": "[", "colon": ":",
    "escape": "esc", "shift+tab": "⇧tab", "plus": "+", "minus": "-", "equals_sign": "=", "asterisk": "*",
    "exclamation_mark": "!", "comma": ",", "full_stop": ".", "less_than_sign": "<", "greater_than_sign": ">",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as it is printed on a keyboard."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return _NAMES.get(key, key)
