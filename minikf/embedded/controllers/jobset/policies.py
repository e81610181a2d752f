"""When a JobSet has succeeded, and what a failed Job does to it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minikf.embedded.controllers.jobset.names import replicas, replicated_name
from minikf.embedded.controllers.jobset.owned import OwnedJobs, failed_at, failure
from minikf.embedded.status import Object


@dataclass(frozen=True)
class Ending:
    """A final condition: `type` is Complete or Failed, reason and message are JobSet's."""

    type: str
    reason: str
    message: str


@dataclass(frozen=True)
class Restart:
    """All Jobs go and come again. `counted` is whether it uses up `maxRestarts`."""

    reason: str
    message: str
    counted: bool


COMPLETED = Ending("Complete", "AllJobsCompleted", "jobset completed successfully")


def succeeded(jobset: Object, jobs: OwnedJobs) -> bool:
    """Whether the success policy (All by default) is met."""
    policy = jobset["spec"].get("successPolicy") or {}
    targets = policy.get("targetReplicatedJobs") or []
    matching = [job for job in jobs.successful if not targets or replicated_name(job) in targets]
    if policy.get("operator", "All") == "Any":
        return len(matching) >= 1
    every = jobset["spec"]["replicatedJobs"]
    return len(matching) >= sum(replicas(one) for one in every if not targets or one["name"] in targets)


def judge_failure(jobset: Object, jobs: OwnedJobs, counted_restarts: int) -> Ending | Restart:
    """What becomes of a JobSet of which at least one Job failed."""
    policy = jobset["spec"].get("failurePolicy")
    first = min(jobs.failed, key=failed_at)
    if not policy:
        return _fail("FailedJobs", "jobset failed due to one or more job failures", first)
    for rule in policy.get("rules") or []:
        matching = [job for job in jobs.failed if _matches(rule, job)]
        if matching:
            return _act(rule["action"], policy, min(matching, key=failed_at), counted_restarts)
    return _act("RestartJobSet", policy, first, counted_restarts)


def _act(action: str, policy: Object, job: Object, counted_restarts: int) -> Ending | Restart:
    message = f"applying {action} failure policy action (first failed job: {job['metadata']['name']})"
    if action == "FailJobSet":
        return _fail("FailJobSetFailurePolicyAction", "applying FailJobSet failure policy action", job)
    if action == "RestartJobSet":
        if counted_restarts >= policy.get("maxRestarts", 0):
            return _fail("ReachedMaxRestarts", "jobset failed due to reaching max number of restarts", job)
        return Restart("RestartJobSetFailurePolicyAction", message, counted=True)
    return Restart("RestartJobSetAndIgnoreMaxRestartsFailurePolicyAction", message, counted=False)


def _fail(reason: str, message: str, job: Object) -> Ending:
    return Ending("Failed", reason, f"{message} (first failed job: {job['metadata']['name']})")


def _matches(rule: Object, job: Object) -> bool:
    condition = failure(job)
    reasons = rule.get("onJobFailureReasons") or []
    patterns = rule.get("onJobFailureMessagePatterns") or []
    targets = rule.get("targetReplicatedJobs") or []
    if reasons and condition["reason"] not in reasons:
        return False
    if patterns and not any(_found(pattern, condition.get("message", "")) for pattern in patterns):
        return False
    return not targets or replicated_name(job) in targets


def _found(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # Upstream takes Go's syntax and passes over a pattern that does not compile.
        return False
