"""When a failed pod is replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minikf.embedded.controllers.job.podset import PodSet
from minikf.embedded.controllers.job.spec import JobSpec
from minikf.embedded.controllers.job.staffing import staff

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SPEC = JobSpec.of({"spec": {"completions": 1, "backoffLimit": 9, "template": {"spec": {"restartPolicy": "Never"}}}})


def ended(phase: str, seconds_ago: float) -> dict[str, Any]:
    moment = (NOW - timedelta(seconds=seconds_ago)).isoformat()
    state = {"terminated": {"finishedAt": moment}}
    meta = {"name": "p", "creationTimestamp": moment}
    return {"metadata": meta, "status": {"phase": phase, "containerStatuses": [{"name": "c", "state": state}]}}


@pytest.mark.parametrize(
    ("ends", "wait"),
    [
        ([("Failed", 1)], 9),
        ([("Failed", 11)], None),
        ([("Failed", 60), ("Failed", 1)], 19),
        ([("Failed", 900), ("Failed", 800), ("Failed", 5)], 35),
        ([("Failed", 60), ("Succeeded", 30), ("Failed", 4)], 6),
        ([("Failed", 60 + n) for n in range(30)] + [("Failed", 0)], 600),
        ([("Failed", -7200)], 600),
    ],
    ids=["first", "waited", "second", "third", "success-forgives", "at-most-ten-minutes", "clock-stepped-back"],
)
def test_pause_before_a_replacement(ends: list[tuple[str, float]], wait: float | None) -> None:
    pods = PodSet.of(ended(*end) for end in ends)
    staffing = staff(SPEC, pods, done=set(), succeeded=0, now=NOW)
    assert staffing.wait == wait
    assert staffing.create == ((None,) if wait is None else ())
