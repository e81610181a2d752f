"""Conditions of a job: the last one tells its state, as the kind's column State shows it.

kubeflow/training-operator v1.9.0, pkg/util/status.go.
"""

from __future__ import annotations

from datetime import datetime

from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

CREATED, RUNNING, RESTARTING = "Created", "Running", "Restarting"
SUCCEEDED, FAILED, SUSPENDED = "Succeeded", "Failed", "Suspended"
# Of these two a job has one.
_EITHER = {RESTARTING: RUNNING, RUNNING: RESTARTING}


def is_finished(status: Object) -> bool:
    return is_true(status, SUCCEEDED) or is_true(status, FAILED)


def set_condition(status: Object, type_: str, reason: str, message: str, now: datetime, value: str = "True") -> bool:
    """Puts a condition last, in place; True if that says something new. A failed job gets no other."""
    old = find(status, type_)
    if is_true(status, FAILED) or (old is not None and (old["status"], old.get("reason")) == (value, reason)):
        return False
    moment = timestamp(now)
    changed = moment if old is None or old["status"] != value else old.get("lastTransitionTime", moment)
    kept = []
    for one in status.get("conditions") or []:
        if one["type"] in (type_, _EITHER.get(type_)):
            continue
        ended = type_ in (FAILED, SUCCEEDED) and one["type"] == RUNNING
        kept.append({**one, "status": "False"} if ended else one)
    new = {
        "type": type_,
        "status": value,
        "reason": reason,
        "message": message,
        "lastUpdateTime": moment,
        "lastTransitionTime": changed,
    }
    status["conditions"] = [*kept, new]
    return True
