"""What pods take of the room on the nodes."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.install.room import requested


def pod(cpu: str, phase: str = "Running", *, reason: str = "") -> dict[str, Any]:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": reason}] if reason else []
    containers = [{"resources": {"requests": {"cpu": cpu, "memory": "1Mi"}}}]
    return {"spec": {"containers": containers}, "status": {"phase": phase, "conditions": conditions}}


@pytest.mark.parametrize(
    ("pods", "cpu"),
    [
        ([pod("500m"), pod("1")], 1500),
        ([pod("1"), pod("1", "Succeeded"), pod("1", "Failed")], 1000),
        ([pod("1"), pod("2", "Pending")], 3000),
        ([pod("1"), pod("400", "Pending", reason="Unschedulable")], 1000),
        ([pod("1"), pod("2", "Pending", reason="SchedulingGated")], 3000),
    ],
    ids=["running", "ended", "about to be taken", "taken by no node", "held back"],
)
def test_what_no_node_has_room_for_takes_nothing(pods: list[dict[str, Any]], cpu: int) -> None:
    assert requested(pods)[0] == cpu
