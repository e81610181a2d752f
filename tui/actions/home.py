"""What can be done on Home, in a chain of causes, in Add-ons and in Doctor."""

from __future__ import annotations

from minikf.tui.actions.action import Action

ACTIONS = (
    Action("why", "enter,d", "Why", ("home",), shown=True),
    Action("repair", "r", "Fix", ("home", "chain"), shown=True, changes=True),
    Action("show_me", "v", "Show me", ("home", "chain"), shown=True),
    Action("up", "u", "Bring up", ("home",), shown=True, changes=True),
    Action("start_platform", "T", "Start the platform", ("home",), changes=True),
    Action("stop_platform", "Z", "Stop the platform", ("home",), changes=True),
    Action("down", "X", "Remove the platform with its data", ("home",), changes=True, destroys=True),
    Action("enable", "a,plus", "Enable", ("addons",), shown=True, changes=True),
    Action("disable", "ctrl+d,minus", "Disable", ("addons",), shown=True, changes=True, destroys=True),
    Action("look_again", "r", "Look again", ("doctor",), shown=True),
    Action("copy_fix", "C", "Copy the fix", ("doctor", "home", "chain")),
)
