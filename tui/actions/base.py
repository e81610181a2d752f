"""What can be done at every place, in lists and in texts."""

from __future__ import annotations

from minikf.tui.actions.action import ANYWHERE, LISTS, OBJECTS, PAGES, SCREENS, TEXTS, Action
from minikf.tui.pages import PAGES as ALL_PAGES

_NUMBERS = "1234567890"

ACTIONS = (
    Action("help", "question_mark,f1", "Help", (ANYWHERE,), shown=True),
    Action("quit", "q,ctrl+q", "Quit", (ANYWHERE,), shown=True),
    *(
        Action("page", key, f"Show {page.title}", (PAGES,), argument=page.place)
        for page, key in zip(ALL_PAGES, (*_NUMBERS, *[""] * len(ALL_PAGES)), strict=False)
    ),
    Action("next_page", "tab", "Next view", (PAGES,), argument="+1"),
    Action("next_page", "shift+tab", "Previous view", (PAGES,), argument="-1"),
    Action("move", "j", "Down", (ANYWHERE,), argument="down"),
    Action("move", "k", "Up", (ANYWHERE,), argument="up"),
    Action("move", "g", "To the top", (ANYWHERE,), argument="top"),
    Action("move", "G", "To the bottom", (ANYWHERE,), argument="bottom"),
    Action("details", "enter,d", "Details", (LISTS,), shown=True),
    Action("yaml", "y", "YAML", (LISTS, "details"), shown=True),
    Action("logs", "l", "Logs", (OBJECTS,), shown=True),
    Action("logs_together", "L", "Logs of all its pods at once", (OBJECTS,)),
    Action("events", "e", "Events", (OBJECTS,)),
    Action("filter", "slash", "Filter", (LISTS,), shown=True, types=True),
    Action("sort", "s", "Sort by the next column", (LISTS,)),
    Action("sort_reversed", "S", "Sort the other way round", (LISTS,)),
    Action("mark", "space", "Select, for several at once", (LISTS,)),
    Action("browser", "o", "Open in the browser", (OBJECTS, "home", "forwards")),
    Action("shell", "x", "Shell in its pod", (OBJECTS,), changes=True, types=True),
    Action("port_forward", "f", "Forward a port of its pod", (OBJECTS,)),
    Action("port_forwards", "", "Show the port-forwards", (PAGES,)),
    Action("delete", "ctrl+d", "Delete", (OBJECTS,), changes=True, destroys=True),
    Action("copy_command", "c", "Copy the command line for this", (ANYWHERE,)),
    Action("copy_row", "C", "Copy what is under the cursor", (LISTS, TEXTS)),
    Action("demo", "R", "Run the demo", ("home",), shown=True, changes=True),
    Action("leave", "escape", "Back", (SCREENS,), shown=True),
    Action("clear", "escape", "Take away what is selected, then the filter", (LISTS,)),
    Action("palette", "ctrl+p,colon", "Commands", (ANYWHERE,), shown=True),
)
OTHER_ACTIONS = (
    Action("stop_work", "ctrl+k", "Stop this work", ("work",), shown=True, changes=True),
    Action("wrap", "w", "Wrap", ("details", "log"), shown=True),
    Action("close_forward", "ctrl+d", "End this port-forward", ("forwards",), shown=True),
)
