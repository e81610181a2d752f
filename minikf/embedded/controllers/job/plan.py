"""Decides what is to be done about a Job; pure: the Job, its pods and the time in, a plan out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from minikf.embedded.controllers.conditions import is_true, put
from minikf.embedded.controllers.elapsed import Since
from minikf.embedded.controllers.job import indexes
from minikf.embedded.controllers.job.podset import PodSet, completion_index, is_ready
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.controllers.job.staffing import FAILURE_PAUSE, Staffing, staff
from minikf.embedded.controllers.job.verdict import Verdict, judge, seconds_left
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

Event = tuple[str, str, str]


@dataclass(frozen=True)
class Vanished:
    """Pods that had ended and were counted before somebody deleted them."""

    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Time:
    """`now` is for stamps. `since_stamp` tells how many seconds ago a stamp of the Job was, `since_end` a pod's end."""

    now: datetime
    since_stamp: Since
    since_end: Callable[[Object], float]


@dataclass(frozen=True)
class Plan:
    """`events` are (type, reason, message); `again` is in how many seconds to look anew."""

    status: Object
    staffing: Staffing
    events: tuple[Event, ...] = ()
    again: float | None = None


def is_finished(job: Object) -> bool:
    """Whether the Job has its final condition."""
    status = job.get("status") or {}
    return is_true(status, "Complete") or is_true(status, "Failed")


def make_plan(job: Object, pods: PodSet, vanished: Vanished, time: Time, pause: float = FAILURE_PAUSE) -> Plan:
    """What to do about a Job that is neither finished nor being deleted."""
    now = time.now
    spec = JobSpec.of(job)
    status: Object = dict(job.get("status") or {})
    status["conditions"] = [dict(condition) for condition in status.get("conditions") or []]
    if "startTime" not in status and not spec.suspended:
        status["startTime"] = timestamp(now)
    # Before the verdict: a Job that goes on gets its whole deadline anew.
    events = _resume(spec, status, now)
    done = _completed_indexes(spec, status, pods)
    succeeded = len(done) if spec.indexed else vanished.succeeded + len(pods.succeeded)
    failed = max(status.get("failed", 0), vanished.failed + len(pods.failed))
    verdict = judge(spec, status, pods, succeeded=succeeded, failed=failed, since=time.since_stamp)
    if verdict is not None:
        staffing = Staffing(delete=pods.active)
    else:
        events += _suspend(spec, status, now)
        staffing = staff(spec, pods, done=done, succeeded=succeeded, since_end=time.since_end, pause=pause)
    _count(status, spec, pods, staffing, succeeded=succeeded, failed=failed, done=done)
    if verdict is not None:
        events += _conclude(status, verdict, now)
    left = seconds_left(spec, status, time.since_stamp)
    waits = [seconds for seconds in (left, staffing.wait) if seconds is not None]
    return Plan(status, staffing, tuple(events), None if verdict else min(waits, default=None))


def _completed_indexes(spec: JobSpec, status: Object, pods: PodSet) -> set[int]:
    if not spec.indexed or spec.completions is None:
        return set()
    done = indexes.parse(status.get("completedIndexes", ""), spec.completions)
    new = {completion_index(pod) for pod in pods.succeeded}
    return done | {index for index in new if index is not None and index < spec.completions}


def _resume(spec: JobSpec, status: Object, now: datetime) -> list[Event]:
    if spec.suspended or not is_true(status, "Suspended"):
        return []
    status["startTime"] = timestamp(now)
    return _tell(status, "False", "JobResumed", "Job resumed", now)


def _suspend(spec: JobSpec, status: Object, now: datetime) -> list[Event]:
    if not spec.suspended or is_true(status, "Suspended"):
        return []
    return _tell(status, "True", "JobSuspended", "Job suspended", now)


def _tell(status: Object, value: str, reason: str, message: str, now: datetime) -> list[Event]:
    condition = {"type": "Suspended", "status": value, "reason": reason, "message": message}
    put(status, {**condition, "lastProbeTime": timestamp(now)}, now)
    return [("Normal", reason.removeprefix("Job"), message)]


def _count(
    status: Object, spec: JobSpec, pods: PodSet, staffing: Staffing, *, succeeded: int, failed: int, done: set[int]
) -> None:
    staying = [pod for pod in pods.active if pod not in staffing.delete]
    counts: Object = {
        "active": len(staying) + len(staffing.create),
        "succeeded": succeeded,
        "failed": failed,
        "completedIndexes": indexes.text_of(done) if spec.indexed else "",
    }
    for field, value in counts.items():
        if value:
            status[field] = value
        else:
            status.pop(field, None)
    status["ready"] = sum(map(is_ready, staying))
    status["terminating"] = len(pods.terminating) + len(staffing.delete)
    status["uncountedTerminatedPods"] = {}


def _conclude(status: Object, verdict: Verdict, now: datetime) -> list[Event]:
    said = {"status": "True", "reason": verdict.reason, "message": verdict.message, "lastProbeTime": timestamp(now)}
    if not is_true(status, verdict.interim):
        put(status, {"type": verdict.interim, **said}, now)
    if status["terminating"]:
        return []
    put(status, {"type": verdict.final, **said}, now)
    if verdict.succeeded:
        status["completionTime"] = timestamp(now)
        return [("Normal", "Completed", "Job completed")]
    return [("Warning", verdict.reason, verdict.message)]
