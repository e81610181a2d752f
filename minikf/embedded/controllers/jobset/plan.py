"""Decides what is to be done about the Jobs of a JobSet; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.embedded.controllers.jobset.jobs import make_jobs
from minikf.embedded.controllers.jobset.names import replicas, replicated_name
from minikf.embedded.controllers.jobset.owned import Counts, OwnedJobs, count
from minikf.embedded.controllers.jobset.policies import COMPLETED, Ending, Restart, judge_failure, succeeded
from minikf.embedded.status import Object


@dataclass(frozen=True)
class JobSetPlan:
    """`statuses` are the counts as they stand before the plan is carried out, in JobSet's order.

    At most one of `ending` and `restart` is set. `suspend` and `resume` are Jobs to be switched over.
    """

    statuses: tuple[Object, ...]
    create: tuple[Object, ...] = ()
    delete: tuple[Object, ...] = ()
    suspend: tuple[Object, ...] = ()
    resume: tuple[Object, ...] = ()
    ending: Ending | None = None
    restart: Restart | None = None


def plan_jobset(jobset: Object, jobs: Iterable[Object], restarts: int, counted_restarts: int) -> JobSetPlan:
    """What to do about a JobSet that has not ended. `restarts` numbers the current attempt."""
    owned = OwnedJobs.of(jobs, restarts)
    counts = count(jobset, owned)
    # JobSet sorts the list by name, backwards.
    statuses = tuple(counts[name].as_dict() for name in sorted(counts, reverse=True))
    delete = _not_yet_deleted(owned.previous)
    if owned.failed:
        outcome = judge_failure(jobset, owned, counted_restarts)
        if isinstance(outcome, Restart):
            return JobSetPlan(statuses, delete=delete, restart=outcome)
        return JobSetPlan(statuses, delete=delete + _not_yet_deleted(owned.active), ending=outcome)
    if owned.successful and succeeded(jobset, owned):
        return JobSetPlan(statuses, delete=delete + _not_yet_deleted(owned.active), ending=COMPLETED)
    may_run = _may_run(jobset, counts)
    create = _missing(jobset, owned, may_run, restarts)
    if jobset["spec"].get("suspend"):
        running = tuple(job for job in owned.active if not job["spec"].get("suspend"))
        return JobSetPlan(statuses, create=create, delete=delete, suspend=running)
    held = (job for job in owned.active if job["spec"].get("suspend"))
    resume = tuple(job for job in held if replicated_name(job) in may_run)
    return JobSetPlan(statuses, create=create, delete=delete, resume=resume)


def _not_yet_deleted(jobs: Iterable[Object]) -> tuple[Object, ...]:
    return tuple(job for job in jobs if "deletionTimestamp" not in job["metadata"])


def _missing(jobset: Object, owned: OwnedJobs, may_run: set[str], restarts: int) -> tuple[Object, ...]:
    policy = jobset["spec"].get("failurePolicy") or {}
    if owned.previous and policy.get("restartStrategy") == "BlockingRecreate":
        return ()
    names = owned.names
    wanted = (
        job
        for replicated in jobset["spec"]["replicatedJobs"]
        if replicated["name"] in may_run
        for job in make_jobs(jobset, replicated, restarts)
    )
    return tuple(job for job in wanted if job["metadata"]["name"] not in names)


def _may_run(jobset: Object, counts: dict[str, Counts]) -> set[str]:
    """The ReplicatedJobs whose turn it is, by `dependsOn` and the start-up policy."""
    every = jobset["spec"]["replicatedJobs"]
    by_name = {replicated["name"]: replicated for replicated in every}
    in_order = (jobset["spec"].get("startupPolicy") or {}).get("startupPolicyOrder") == "InOrder"
    allowed: set[str] = set()
    for replicated in every:
        if not all(_reached(one, by_name, counts) for one in replicated.get("dependsOn") or []):
            continue
        allowed.add(replicated["name"])
        started = counts[replicated["name"]].started == replicas(replicated)
        if in_order and not started and not jobset["spec"].get("suspend"):
            break  # the next one waits until this one has started
    return allowed


def _reached(dependency: Object, by_name: dict[str, Object], counts: dict[str, Counts]) -> bool:
    target = by_name.get(dependency["name"])
    if target is None:
        return False
    found = counts[dependency["name"]]
    if dependency.get("status") == "Complete":
        return found.succeeded == replicas(target)
    return found.started == replicas(target)
