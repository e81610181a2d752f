"""What can be done with services, notebooks and promotions, beside what every list has."""

from __future__ import annotations

from minikf.tui.actions.action import Action

_PROMOTED = (
    "services", "trainjobs", "pytorchjobs", "training", "notebooks", "experiments", "promotion", "details"
)  # fmt: skip

ACTIONS = (
    Action("try_model", "t", "Try it with a body", ("services",), shown=True),
    Action("roll_back", "R", "Roll back to an earlier one", ("services",), shown=True, changes=True),
    Action("promote", "P", "Show what a promotion would write", _PROMOTED),
    Action("start_notebook", "u", "Start (up)", ("notebooks",), shown=True, changes=True),
    Action("stop_notebook", "z", "Stop (its files stay)", ("notebooks",), shown=True, changes=True),
    Action("send", "ctrl+s,f5", "Send", ("try",), shown=True),
    Action("example", "f4", "The example again", ("try",), shown=True),
    Action("before", "f3", "What was sent before", ("try",), shown=True),
    Action("other_protocol", "f2", "V1 or V2", ("try",)),
    Action("go_back_to_it", "enter,ctrl+s", "Serve that again", ("rollback",), shown=True, changes=True),
    Action("write", "W", "Write the files", ("promote",), shown=True, changes=True),
    Action("again", "r", "Look again", ("promote", "rollback")),
    Action("folder", "slash", "Another folder", ("promote",), shown=True, types=True),
)
