"""Reading and writing `status.conditions`."""

from __future__ import annotations

from datetime import datetime

from minikf.embedded.status import Object
from minikf.embedded.times import timestamp


def find(status: Object, type_: str) -> Object | None:
    """The condition of that type, or None."""
    for condition in status.get("conditions") or []:
        if condition["type"] == type_:
            found: Object = condition
            return found
    return None


def is_true(status: Object, type_: str) -> bool:
    condition = find(status, type_)
    return condition is not None and condition.get("status") == "True"


def put(status: Object, condition: Object, now: datetime) -> bool:
    """Sets a condition in place; `lastTransitionTime` moves only when its status changes. True if anything changed."""
    conditions = status.setdefault("conditions", [])
    old = find(status, condition["type"])
    moment = timestamp(now)
    if old is not None and old.get("status") == condition["status"]:
        moment = old.get("lastTransitionTime", moment)
    new = {**condition, "lastTransitionTime": moment}
    if old is None:
        conditions.append(new)
        return True
    changed = any(old.get(key) != value for key, value in new.items())
    old.update(new)
    return changed
