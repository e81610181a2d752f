"""Decides what is to be done about a job; pure: the job, its pods and the time in, a plan out.

kubeflow/training-operator v1.9.0, ReconcileJobs of pkg/controller.v1/common/job.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.controllers.context import parse_time
from minikf.embedded.controllers.elapsed import Since
from minikf.embedded.controllers.job.podset import finished_at
from minikf.embedded.controllers.training import conditions
from minikf.embedded.controllers.training.conditions import set_condition
from minikf.embedded.controllers.training.framework import Framework, Replica
from minikf.embedded.controllers.training.pods import replica_of, selector
from minikf.embedded.controllers.training.podset import PodSet, is_ending, phase
from minikf.embedded.controllers.training.restarts import Restarts
from minikf.embedded.controllers.training.spec import ALL, KEEP, JobSpec
from minikf.embedded.controllers.training.verdict import judge
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

Event = tuple[str, str, str]
# Of pods that are replaced: the first at once, then after a pause that doubles; seconds. The operator has none.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0


@dataclass(frozen=True)
class Time:
    """`now` is for stamps; `since` tells how many seconds ago a stamp was."""

    now: datetime
    since: Since


@dataclass(frozen=True)
class Plan:
    """`replaced` pods failed and are counted before they are deleted; `events` are (type, reason, message).

    `again` is in how many seconds to look anew; `expired` says that the job itself is to go.
    """

    status: Object
    create: tuple[Replica, ...] = ()
    delete: tuple[Object, ...] = ()
    replaced: tuple[Object, ...] = ()
    events: tuple[Event, ...] = ()
    again: float | None = None
    expired: bool = False


def make_plan(framework: Framework, job: Object, pods: Iterable[Object], time: Time) -> Plan:
    """What to do about a job that is not being deleted."""
    return _Planner(framework, job, pods, time).plan()


class _Planner:
    """One pass: `status` and `events` grow while it decides."""

    def __init__(self, framework: Framework, job: Object, pods: Iterable[Object], time: Time) -> None:
        self.framework, self.time, self.restarts = framework, time, Restarts.of(job)
        self.kind = framework.kind.kind
        self.spec = JobSpec.of(framework, job)
        self.pods = PodSet.of(framework, self.spec, pods)
        self.status: Object = {**(job.get("status") or {})}
        self.events: list[Event] = []

    def plan(self) -> Plan:
        self._set(conditions.CREATED, "Created", f"{self.kind} {self.spec.name} is created.")
        if conditions.is_finished(self.status):
            return self._after_the_end()
        if self.spec.suspended:
            return self._suspended()
        if is_true(self.status, conditions.SUSPENDED):
            text = f"{self.kind} {self.spec.name} is resumed."
            self._set(conditions.SUSPENDED, "Resumed", text, value="False", event="Normal")
            self.status["startTime"] = timestamp(self.time.now)
        self.status.setdefault("startTime", timestamp(self.time.now))
        left = self._seconds_left()
        if self._is_past_limit():
            return self._give_up("it has reached the specified backoff limit")
        if left is not None and left <= 0:
            return self._give_up("it was active longer than specified deadline")
        return self._go_on(left)

    # -- while it goes on ---------------------------------------------------------------------------------------

    def _go_on(self, left: float | None) -> Plan:
        self._count(self.pods)
        ready, wait = self._due_for_replacement()
        for type_, message in judge(self.framework, self.spec, self.pods):
            event = {conditions.RESTARTING: "Warning", conditions.RUNNING: ""}.get(type_, "Normal")
            self._set(type_, type_, message, event=event)
        if conditions.is_finished(self.status):
            self.status.setdefault("completionTime", timestamp(self.time.now))
            return self._after_the_end()
        waits = [seconds for seconds in (left, wait) if seconds is not None]
        return self._made(
            create=self.pods.missing(self.spec),
            delete=(*self.pods.surplus, *self.pods.stopped, *ready),
            replaced=tuple(ready),
            again=min(waits, default=None),
        )

    def _due_for_replacement(self) -> tuple[list[Object], float | None]:
        """(failed pods to be replaced now, in how many seconds the next one is)."""
        before = self._tries() - len(self.pods.again)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(before - 1, 20)) if before > 0 else 0.0
        left = {replica: pause - self.time.since(finished_at(pod)) for replica, pod in self.pods.again}
        ready = [pod for replica, pod in self.pods.again if left[replica] <= 0]
        return ready, min((seconds for seconds in left.values() if seconds > 0), default=None)

    def _is_past_limit(self) -> bool:
        """Restarts in place and replaced pods use it up, and with a limit of 0 any failure does.

        The operator does not count the pods that it replaces, so that one with an ExitCode policy would go on for ever.
        """
        limit = self.spec.backoff_limit
        if limit is None:
            return False
        tries = self._tries() + self.pods.restarts
        return bool(tries or self.pods.lost) if limit == 0 else tries >= limit

    def _tries(self) -> int:
        """How many pods have failed that were or are to be replaced."""
        return self.restarts.count + len(self.restarts.lacks([pod for _, pod in self.pods.again]))

    def _seconds_left(self) -> float | None:
        """Until the active deadline; None without one."""
        limit = self.spec.active_deadline
        return None if limit is None else limit - self.time.since(parse_time(self.status["startTime"]))

    # -- its ends -----------------------------------------------------------------------------------------------

    def _give_up(self, why: str) -> Plan:
        """Ended pods stay, so that their logs can be read; the operator deletes them, too."""
        self._count(self.pods, active=False)
        self.status.setdefault("completionTime", timestamp(self.time.now))
        text = f"Job {self.spec.name} has failed because {why}"
        self._set(conditions.FAILED, "Failed", text, event="Normal")
        return self._made(delete=self.pods.unfinished, again=0.0)

    def _after_the_end(self) -> Plan:
        if is_true(self.status, conditions.SUCCEEDED):
            self._count_active_as_succeeded()
        left = None
        if self.spec.ttl is not None:
            left = self.spec.ttl - self.time.since(parse_time(self._ended_at()))
            if left <= 0:
                return self._made(expired=True)
        return self._made(delete=tuple(filter(self._is_cleaned_up, self.pods.all)), again=left)

    def _is_cleaned_up(self, pod: Object) -> bool:
        replica = replica_of(self.framework, pod)
        if replica is not None and replica.type in self.framework.waiting:
            return phase(pod) not in ("Succeeded", "Failed")
        if self.spec.clean_pods == ALL:
            return True
        return self.spec.clean_pods != KEEP and phase(pod) in ("Running", "Pending")

    def _ended_at(self) -> str:
        """The completion time; of a job that somebody else has marked as ended, when he did."""
        ending = find(self.status, conditions.FAILED) or find(self.status, conditions.SUCCEEDED) or {}
        return str(self.status.get("completionTime") or ending["lastTransitionTime"])

    def _suspended(self) -> Plan:
        text = f"{self.kind} {self.spec.name} is suspended."
        if is_true(self.status, conditions.RUNNING):
            self._set(conditions.RUNNING, "Suspended", text, value="False")
        self._set(conditions.SUSPENDED, "Suspended", text, event="Normal")
        self._count(self.pods, active=False)
        return self._made(delete=self.pods.all)

    # -- its status ---------------------------------------------------------------------------------------------

    def _count(self, pods: PodSet, *, active: bool = True) -> None:
        told: dict[str, Object] = {}
        for type_, counts in pods.counts.items():
            numbers = {"active": counts.active if active else 0, "succeeded": counts.succeeded, "failed": counts.failed}
            told[type_] = {key: number for key, number in numbers.items() if number}
            if self.framework.tells_selector:
                told[type_]["selector"] = selector(self.framework, self.spec.name, type_)
        self.status["replicaStatuses"] = told

    def _count_active_as_succeeded(self) -> None:
        told = {}
        for type_, counts in (self.status.get("replicaStatuses") or {}).items():
            rest = {key: value for key, value in counts.items() if key != "active"}
            done = counts.get("active", 0) + counts.get("succeeded", 0)
            told[type_] = {**rest, **({"succeeded": done} if done else {})}
        self.status["replicaStatuses"] = told

    def _set(self, type_: str, word: str, message: str, *, value: str = "True", event: str = "") -> None:
        reason = f"{self.kind}{word}"
        if set_condition(self.status, type_, reason, message, self.time.now, value) and event:
            self.events.append((event, reason, message))

    def _made(
        self,
        *,
        create: tuple[Replica, ...] = (),
        delete: tuple[Object, ...] = (),
        replaced: tuple[Object, ...] = (),
        again: float | None = None,
        expired: bool = False,
    ) -> Plan:
        due = tuple(pod for pod in delete if not is_ending(pod))
        return Plan(self.status, create, due, replaced, tuple(self.events), again, expired)
