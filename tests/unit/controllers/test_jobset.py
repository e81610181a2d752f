"""What becomes of the Jobs of a JobSet: policies and order, without any I/O."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.controllers.jobset import plan_jobset
from minikf.embedded.controllers.jobset.jobs import make_jobs
from minikf.embedded.controllers.jobset.policies import Ending, Restart

Object = dict[str, Any]


def replicated(name: str, **fields: Any) -> Object:
    pod = {"spec": {"containers": [{"name": "main"}]}}
    return {"name": name, "template": {"spec": {"parallelism": 1, "completions": 1, "template": pod}}, **fields}


def jobset(*jobs: Object, **spec: Any) -> Object:
    meta = {"name": "set", "namespace": "default", "uid": "u", "ownerReferences": []}
    return {"metadata": meta, "spec": {"replicatedJobs": list(jobs), **spec}}


def run(found: Object, name: str, *, attempt: int = 0, **status: Any) -> Object:
    """The Job `name` of a JobSet as it stands."""
    which = next(one for one in found["spec"]["replicatedJobs"] if name.startswith(f"set-{one['name']}-"))
    job = next(one for one in make_jobs(found, which, attempt) if one["metadata"]["name"] == name)
    return {**job, "status": status}


def ended(type_: str, reason: str = "", at: str = "2026-05-01T12:00:00Z", message: str = "") -> list[Object]:
    return [{"type": type_, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at}]


def created(plan: Any) -> list[str]:
    return [job["metadata"]["name"] for job in plan.create]


def test_all_jobs_of_all_replicas_are_made_with_their_places() -> None:
    found = jobset(replicated("a", replicas=2), replicated("b", groupName="extra"))
    plan = plan_jobset(found, [], 0, 0)
    assert created(plan) == ["set-a-0", "set-a-1", "set-b-0"]
    labels = [job["metadata"]["labels"] for job in plan.create]
    prefix = "jobset.sigs.k8s.io/"
    assert [one[f"{prefix}job-global-index"] for one in labels] == ["0", "1", "2"]
    assert [one[f"{prefix}job-group-index"] for one in labels] == ["0", "1", "0"]
    assert [one[f"{prefix}group-replicas"] for one in labels] == ["2", "2", "1"]
    assert {one[f"{prefix}global-replicas"] for one in labels} == {"3"}
    assert len({one[f"{prefix}job-key"] for one in labels}) == 3
    job = plan.create[0]
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure"
    assert labels[0].items() <= job["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("policy", "done", "ends"),
    [
        (None, ["set-a-0"], False),
        (None, ["set-a-0", "set-b-0"], True),
        ({"operator": "Any"}, ["set-b-0"], True),
        ({"operator": "All", "targetReplicatedJobs": ["a"]}, ["set-a-0"], True),
        ({"operator": "Any", "targetReplicatedJobs": ["a"]}, ["set-b-0"], False),
    ],
)
def test_success_policy(policy: Object | None, done: list[str], ends: bool) -> None:
    found = jobset(replicated("a"), replicated("b"), **({"successPolicy": policy} if policy else {}))
    jobs = [run(found, name, conditions=ended("Complete")) for name in done]
    jobs += [run(found, name, active=1) for name in ("set-a-0", "set-b-0") if name not in done]
    plan = plan_jobset(found, jobs, 0, 0)
    assert (plan.ending is not None) == ends
    assert [job["metadata"]["name"] for job in plan.delete] == [
        job["metadata"]["name"] for job in jobs if ends and "conditions" not in job["status"]
    ], "Jobs that still run go when the set has ended"


RULES = [
    {"action": "FailJobSet", "onJobFailureReasons": ["DeadlineExceeded"]},
    {"action": "RestartJobSetAndIgnoreMaxRestarts", "onJobFailureMessagePatterns": ["[Dd]isk", "("]},
    {"action": "FailJobSet", "targetReplicatedJobs": ["b"]},
]


@pytest.mark.parametrize(
    ("policy", "name", "reason", "message", "counted", "outcome"),
    [
        (None, "set-a-0", "X", "", 0, "FailedJobs"),
        ({"maxRestarts": 1}, "set-a-0", "X", "", 0, True),
        ({"maxRestarts": 1}, "set-a-0", "X", "", 1, "ReachedMaxRestarts"),
        ({"maxRestarts": 9, "rules": RULES}, "set-a-0", "DeadlineExceeded", "", 0, "FailJobSetFailurePolicyAction"),
        ({"maxRestarts": 1, "rules": RULES}, "set-a-0", "X", "no Disk", 1, False),
        ({"maxRestarts": 9, "rules": RULES}, "set-b-0", "X", "", 0, "FailJobSetFailurePolicyAction"),
        ({"maxRestarts": 9, "rules": RULES}, "set-a-0", "X", "", 0, True),
    ],
)
def test_failure_policy(
    policy: Object | None, name: str, reason: str, message: str, counted: int, outcome: str | bool
) -> None:
    found = jobset(replicated("a"), replicated("b"), **({"failurePolicy": policy} if policy else {}))
    jobs = [run(found, name, conditions=ended("Failed", reason, message=message))]
    plan = plan_jobset(found, jobs, 0, counted)
    if isinstance(outcome, bool):
        assert isinstance(plan.restart, Restart) and plan.restart.counted == outcome and plan.ending is None
    else:
        assert isinstance(plan.ending, Ending) and plan.ending.reason == outcome and plan.restart is None
        assert name in plan.ending.message


def test_the_first_failure_is_named() -> None:
    found = jobset(replicated("a"), replicated("b"))
    jobs = [
        run(found, "set-a-0", conditions=ended("Failed", at="2026-05-01T12:00:02Z")),
        run(found, "set-b-0", conditions=ended("Failed", at="2026-05-01T12:00:01Z")),
    ]
    ending = plan_jobset(found, jobs, 0, 0).ending
    assert ending is not None and ending.message.endswith("(first failed job: set-b-0)")


def test_a_restart_removes_jobs_of_earlier_attempts_before_it_makes_new_ones() -> None:
    found = jobset(replicated("a"), replicated("b"), failurePolicy={"maxRestarts": 3})
    old = run(found, "set-a-0", conditions=ended("Failed"))
    plan = plan_jobset(found, [old], 1, 1)
    assert [job["metadata"]["name"] for job in plan.delete] == ["set-a-0"]
    assert created(plan) == ["set-b-0"], "the name of the other is still taken"
    going = {**old, "metadata": {**old["metadata"], "deletionTimestamp": "2026-05-01T12:00:00Z"}}
    assert plan_jobset(found, [going], 1, 1).delete == ()
    found["spec"]["failurePolicy"]["restartStrategy"] = "BlockingRecreate"
    assert created(plan_jobset(found, [going], 1, 1)) == []


def test_in_order_start_waits_for_each_to_be_ready() -> None:
    found = jobset(replicated("a"), replicated("b"), startupPolicy={"startupPolicyOrder": "InOrder"})
    assert created(plan_jobset(found, [], 0, 0)) == ["set-a-0"]
    assert created(plan_jobset(found, [run(found, "set-a-0", active=1)], 0, 0)) == []
    assert created(plan_jobset(found, [run(found, "set-a-0", active=1, ready=1)], 0, 0)) == ["set-b-0"]


@pytest.mark.parametrize(("status", "ready_is_enough"), [("Ready", True), ("Complete", False)])
def test_dependencies(status: str, ready_is_enough: bool) -> None:
    found = jobset(replicated("a"), replicated("b", dependsOn=[{"name": "a", "status": status}]))
    assert created(plan_jobset(found, [], 0, 0)) == ["set-a-0"]
    ready = run(found, "set-a-0", active=1, ready=1)
    assert created(plan_jobset(found, [ready], 0, 0)) == (["set-b-0"] if ready_is_enough else [])
    complete = run(found, "set-a-0", conditions=ended("Complete"))
    assert created(plan_jobset(found, [complete], 0, 0)) == ["set-b-0"]


def test_suspension_switches_jobs_over() -> None:
    found = jobset(replicated("a"), suspend=True)
    running = run(jobset(replicated("a")), "set-a-0", active=1)
    assert [job["metadata"]["name"] for job in plan_jobset(found, [running], 0, 0).suspend] == ["set-a-0"]
    held = run(found, "set-a-0")
    assert held["spec"]["suspend"] is True
    plan = plan_jobset(jobset(replicated("a")), [held], 0, 0)
    assert [job["metadata"]["name"] for job in plan.resume] == ["set-a-0"]
    assert plan.statuses[0]["suspended"] == 1
