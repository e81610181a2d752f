"""Dark, light, and without colours."""

from __future__ import annotations

from textual.app import App
from textual.theme import Theme

MONOCHROME = Theme(
    name="monochrome",
    primary="#d0d0d0", secondary="#b0b0b0", accent="#ffffff", foreground="#e0e0e0", background="#000000",
    surface="#000000", panel="#303030", boost="#202020", warning="#909090", error="#ffffff", success="#d0d0d0",
    dark=True,
)  # fmt: skip
_NAMES = {"dark": "textual-dark", "light": "textual-light", "monochrome": MONOCHROME.name}


def use_theme(app: App[int], name: str) -> None:
    """`name` is one of `minikf.tui.config.THEMES`."""
    app.register_theme(MONOCHROME)
    app.theme = _NAMES[name]
