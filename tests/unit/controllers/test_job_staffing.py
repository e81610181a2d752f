"""When a failed pod is replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minikf.embedded.controllers.job.podset import PodSet, finished_at
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.controllers.job.staffing import staff

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SPEC = JobSpec.of({"spec": {"completions": 1, "backoffLimit": 9, "template": {"spec": {"restartPolicy": "Never"}}}})


def ended(phase: str, seconds_ago: float) -> dict[str, Any]:
    moment = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    state = {"terminated": {"finishedAt": moment}}
    meta = {"name": "p", "creationTimestamp": moment}
    return {"metadata": meta, "status": {"phase": phase, "containerStatuses": [{"name": "c", "state": state}]}}


def seconds_ago_of(pod: dict[str, Any]) -> float:
    return (NOW - finished_at(pod)).total_seconds()


@pytest.mark.parametrize(
    ("ends", "wait"),
    [
        ([("Failed", 1)], 9),
        ([("Failed", 11)], None),
        ([("Failed", 60), ("Failed", 1)], 19),
        ([("Failed", 900), ("Failed", 800), ("Failed", 5)], 35),
        ([("Failed", 60), ("Succeeded", 30), ("Failed", 4)], 6),
        ([("Failed", 60 + n) for n in range(30)] + [("Failed", 0)], 600),
    ],
    ids=["first", "waited", "second", "third", "success-forgives", "at-most-ten-minutes"],
)
def test_pause_before_a_replacement(ends: list[tuple[str, float]], wait: float | None) -> None:
    pods = PodSet.of(ended(*end) for end in ends)
    staffing = staff(SPEC, pods, done=set(), succeeded=0, since_end=seconds_ago_of)
    assert staffing.wait == wait
    assert staffing.create == ((None,) if wait is None else ())


def test_the_last_failure_is_the_one_that_is_least_ago_not_the_one_with_the_latest_time() -> None:
    """The clock stepped back between the two: the second failure has the earlier time."""
    first, second = ended("Failed", -3600), ended("Failed", 2)
    ago = {id(first): 30.0, id(second): 2.0}
    pods = PodSet.of([first, second])
    assert staff(SPEC, pods, done=set(), succeeded=0, since_end=lambda pod: ago[id(pod)]).wait == 18
