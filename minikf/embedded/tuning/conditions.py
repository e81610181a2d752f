"""`status.conditions` as Katib keeps them: what changed last stands last, and its printer columns read the last one.

kubeflow/katib v0.19.0, pkg/apis/controller/{experiments,trials,suggestions}/v1beta1/util.go.
"""

from __future__ import annotations

from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.status import Object

__all__ = ["drop", "find", "is_true", "mark", "settle"]


def mark(status: Object, type_: str, reason: str, message: str, now: str, *, value: str = "True") -> None:
    """Sets a condition in place and moves it to the end; one that says the same already stays where it is."""
    old = find(status, type_)
    if old is not None and old.get("status") == value and old.get("reason") == reason:
        return
    since = old["lastTransitionTime"] if old is not None and old.get("status") == value else now
    drop(status, type_)
    status["conditions"].append(
        {
            "type": type_,
            "status": value,
            "reason": reason,
            "message": message,
            "lastUpdateTime": now,
            "lastTransitionTime": since,
        }
    )


def settle(status: Object, type_: str, reason: str, message: str, now: str) -> None:
    """A final condition: what was running no longer is."""
    running = find(status, "Running")
    if running is not None:
        mark(status, "Running", running.get("reason", ""), running.get("message", ""), now, value="False")
    mark(status, type_, reason, message, now)


def drop(status: Object, type_: str) -> None:
    """Takes a condition away in place."""
    status["conditions"] = [one for one in status.get("conditions") or [] if one["type"] != type_]
