"""The keys that every widget of ours that is moved in has: they call `move` and `aside`."""

from __future__ import annotations

from textual.binding import Binding, BindingType

MOVES: tuple[BindingType, ...] = (
    Binding("down", "move('down')", "Down", show=False),
    Binding("up", "move('up')", "Up", show=False),
    Binding("home", "move('top')", "Top", show=False),
    Binding("end", "move('bottom')", "Bottom", show=False),
    Binding("pagedown", "move('page_down')", "Page down", show=False),
    Binding("pageup", "move('page_up')", "Page up", show=False),
    Binding("right", "aside(8)", "Right", show=False),
    Binding("left", "aside(-8)", "Left", show=False),
)
