"""vim's keys for every widget that scrolls or has a cursor."""

from __future__ import annotations

from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget

from minikf.tui.widgets.livetable import LiveTable


def move(screen: Screen[object], way: str) -> None:
    """Moves in the widget that has the focus, else in the first one that is seen and can be moved in."""
    focused = screen.focused
    found = [focused] if focused is not None and _moves(focused) else []
    found += [each for each in screen.query("*").results(Widget) if _moves(each) and _is_seen(each)]
    if not found:
        return
    widget = found[0]
    own = getattr(widget, "move", None)
    if own is not None:
        own(way)
        return
    scroll = {"down": widget.scroll_down, "up": widget.scroll_up, "top": widget.scroll_home}
    scroll.get(way, widget.scroll_end)(animate=False)


def _moves(widget: Widget) -> bool:
    return isinstance(widget, (LiveTable, ScrollView)) or "movable" in widget.classes


def _is_seen(widget: Widget) -> bool:
    return bool(widget.region)
