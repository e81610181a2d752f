"""What can be done in a log; the keys are those of less where it has one."""

from __future__ import annotations

from minikf.tui.actions.action import Action

_LOG = ("log",)

ACTIONS = (
    Action("toggle_follow", "f,F", "Follow", _LOG, shown=True),
    Action("search", "slash", "Search", _LOG, shown=True, types=True),
    Action("search_next", "n", "Next match", _LOG),
    Action("search_previous", "N", "Previous match", _LOG),
    Action("filter_lines", "ampersand", "Show only lines with a match", _LOG, types=True),
    Action("next_container", "right_square_bracket", "Next container", _LOG),
    Action("previous_container", "left_square_bracket", "Previous container", _LOG),
    Action("together", "a", "All containers at once, or one", _LOG),
    Action("timestamps", "t", "Times on or off", _LOG),
    Action("previous_instance", "P", "The instance before this one", _LOG),
    Action("save", "s", "Save", _LOG, shown=True, types=True),
    Action("copy_all", "A", "Copy all lines", _LOG),
)
