"""The status of a TrainJob; pure."""

from __future__ import annotations

from datetime import datetime

from minikf.embedded.controllers.conditions import find, is_true, put
from minikf.embedded.controllers.context import parse_time
from minikf.embedded.controllers.elapsed import Since
from minikf.embedded.controllers.jobset.plan import JobSetPlan
from minikf.embedded.controllers.jobset.policies import Ending
from minikf.embedded.status import Object

NOT_SUPPORTED = "TrainingRuntimeNotSupported"
DEADLINE = Ending("Failed", "DeadlineExceeded", "TrainJob exceeded its active deadline")


def is_over(train_job: Object) -> bool:
    """Whether it ended for good. A runtime that is not supported may be replaced by one that is."""
    status = train_job.get("status") or {}
    if is_true(status, "Complete"):
        return True
    failed = find(status, "Failed")
    return failed is not None and is_true(status, "Failed") and failed["reason"] != NOT_SUPPORTED


def ended_at(train_job: Object) -> datetime:
    """When it ended; only for a TrainJob that is over."""
    status = train_job["status"]
    condition = find(status, "Complete") if is_true(status, "Complete") else find(status, "Failed")
    assert condition is not None
    return parse_time(condition["lastTransitionTime"])


def copy_of(train_job: Object) -> Object:
    """A status to be changed, without a verdict that may no longer hold."""
    status = dict(train_job.get("status") or {})
    old = status.get("conditions") or []
    status["conditions"] = [
        dict(one) for one in old if not (one["type"] == "Failed" and one["reason"] == NOT_SUPPORTED)
    ]
    return status


def set_suspended(status: Object, train_job: Object, now: datetime) -> None:
    if train_job["spec"].get("suspend"):
        put(status, _condition("Suspended", "True", "Suspended", "TrainJob is suspended"), now)
    elif is_true(status, "Suspended"):
        put(status, _condition("Suspended", "False", "Resumed", "TrainJob is resumed"), now)


def set_ending(status: Object, ending: Ending, now: datetime) -> None:
    put(status, _condition(ending.type, "True", ending.reason, ending.message), now)


def set_counts(status: Object, plan: JobSetPlan) -> None:
    """Writes `jobsStatus`; one that says nothing but zeros is not worth a write of its own."""
    if "jobsStatus" in status or any(count[key] for count in plan.statuses for key in count if key != "name"):
        status["jobsStatus"] = list(plan.statuses)


def seconds_left(train_job: Object, status: Object, since: Since) -> float | None:
    """Until `activeDeadlineSeconds`, which counts from creation or from the last time it went on; None without one."""
    limit = train_job["spec"].get("activeDeadlineSeconds")
    if not limit or train_job["spec"].get("suspend"):
        return None
    started = train_job["metadata"]["creationTimestamp"]
    resumed = find(status, "Suspended")
    if resumed is not None and resumed["status"] == "False":
        started = resumed["lastTransitionTime"]
    return float(limit) - since(parse_time(started))


def _condition(type_: str, status: str, reason: str, message: str) -> Object:
    return {"type": type_, "status": status, "reason": reason, "message": message}
