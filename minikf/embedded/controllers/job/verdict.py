"""Whether a Job is over, and why; pure."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.controllers.context import parse_time
from minikf.embedded.controllers.elapsed import Since
from minikf.embedded.controllers.job.podset import PodSet
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.status import Object

_SUCCESS, _FAILURE = "SuccessCriteriaMet", "FailureTarget"


@dataclass(frozen=True)
class Verdict:
    """How a Job ends. The interim condition is set at once, the final one when its last pod has ended."""

    succeeded: bool
    reason: str
    message: str

    @property
    def interim(self) -> str:
        return _SUCCESS if self.succeeded else _FAILURE

    @property
    def final(self) -> str:
        return "Complete" if self.succeeded else "Failed"


_COMPLETE = Verdict(True, "CompletionsReached", "Reached expected number of succeeded pods")
_BACK_OFF = Verdict(False, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
_DEADLINE = Verdict(False, "DeadlineExceeded", "Job was active longer than specified deadline")


def judge(spec: JobSpec, status: Object, pods: PodSet, *, succeeded: int, failed: int, since: Since) -> Verdict | None:
    """The verdict on a Job that is not finished, or None while it goes on."""
    given = _given(status)
    if given is not None:
        return given
    if failed > spec.backoff_limit or _restarted_too_often(spec, pods):
        return _BACK_OFF
    left = seconds_left(spec, status, since)
    if left is not None and left <= 0:
        return _DEADLINE
    # Without `completions` the pods share a work queue and know among themselves when all is done: one success
    # says so, and the others are left to end.
    enough = succeeded > 0 if spec.completions is None else succeeded >= spec.completions
    return _COMPLETE if enough and not pods.active else None


def seconds_left(spec: JobSpec, status: Object, since: Since) -> float | None:
    """Until the active deadline; None without one or while suspended."""
    started = status.get("startTime")
    if spec.active_deadline is None or spec.suspended or not started:
        return None
    return spec.active_deadline - since(parse_time(started))


def _given(status: Object) -> Verdict | None:
    """A verdict of an earlier pass stands, whatever happened since."""
    for type_ in (_SUCCESS, _FAILURE):
        condition = find(status, type_)
        if condition is not None and is_true(status, type_):
            return Verdict(type_ == _SUCCESS, condition.get("reason", ""), condition.get("message", ""))
    return None


def _restarted_too_often(spec: JobSpec, pods: PodSet) -> bool:
    """Containers that restart in place use up the limit, too (restartPolicy OnFailure)."""
    if not spec.restarts_in_place:
        return False
    return pods.restarts > 0 if spec.backoff_limit == 0 else pods.restarts >= spec.backoff_limit
