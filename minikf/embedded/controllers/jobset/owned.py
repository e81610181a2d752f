"""The Jobs of a JobSet, sorted by how they stand, and their counts per ReplicatedJob."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minikf.embedded.controllers.conditions import find, is_true
from minikf.embedded.controllers.context import parse_time
from minikf.embedded.controllers.jobset.names import replicated_name, restart_attempt
from minikf.embedded.status import Object


@dataclass(frozen=True)
class OwnedJobs:
    """`previous` Jobs belong to an earlier attempt and are to go."""

    active: tuple[Object, ...]
    successful: tuple[Object, ...]
    failed: tuple[Object, ...]
    previous: tuple[Object, ...]

    @classmethod
    def of(cls, jobs: Iterable[Object], restarts: int) -> OwnedJobs:
        buckets: dict[str, list[Object]] = {"active": [], "successful": [], "failed": [], "previous": []}
        for job in jobs:
            buckets[_state(job, restarts)].append(job)
        return cls(**{name: tuple(found) for name, found in buckets.items()})

    @property
    def names(self) -> set[str]:
        everything = self.active + self.successful + self.failed + self.previous
        return {job["metadata"]["name"] for job in everything}


@dataclass
class Counts:
    """`status.jobsStatus` of one ReplicatedJob: numbers of Jobs, not of pods."""

    name: str
    ready: int = 0
    succeeded: int = 0
    failed: int = 0
    active: int = 0
    suspended: int = 0

    @property
    def started(self) -> int:
        return self.ready + self.succeeded + self.failed

    def as_dict(self) -> Object:
        return {
            "name": self.name,
            "ready": self.ready,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "active": self.active,
            "suspended": self.suspended,
        }


def count(jobset: Object, jobs: OwnedJobs) -> dict[str, Counts]:
    """Counts by the name of the ReplicatedJob."""
    counts = {replicated["name"]: Counts(replicated["name"]) for replicated in jobset["spec"]["replicatedJobs"]}
    for field, found in (("succeeded", jobs.successful), ("failed", jobs.failed)):
        for job in found:
            if (one := counts.get(replicated_name(job))) is not None:
                setattr(one, field, getattr(one, field) + 1)
    for job in jobs.active:
        if (one := counts.get(replicated_name(job))) is None:
            continue
        status = job.get("status") or {}
        one.ready += status.get("succeeded", 0) + status.get("ready", 0) >= _pods_wanted(job)
        one.active += status.get("active", 0) > 0
        one.suspended += bool(job["spec"].get("suspend"))
    return counts


def failure(job: Object) -> Object:
    """The condition that says why the Job failed."""
    condition = find(job["status"], "Failed")
    assert condition is not None, "only Jobs in OwnedJobs.failed are asked"
    return condition


def failed_at(job: Object) -> datetime:
    return parse_time(failure(job)["lastTransitionTime"])


def _state(job: Object, restarts: int) -> str:
    status = job.get("status") or {}
    if restart_attempt(job) < restarts:
        return "previous"
    if is_true(status, "Failed"):
        return "failed"
    return "successful" if is_true(status, "Complete") else "active"


def _pods_wanted(job: Object) -> int:
    parallelism = job["spec"].get("parallelism", 1)
    return int(min(parallelism, job["spec"].get("completions", parallelism)))
