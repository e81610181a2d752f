"""A pod's status from what its containers do."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.forkserver.client import CannotStart, Exit
from minikf.embedded.pods.backoff import restart_pause
from minikf.embedded.pods.resources import cpu_count, memory_limit, qos_class
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.pods.state import STOPPED, ContainerView, Running, Terminated, Waiting, not_started, terminated
from minikf.embedded.pods.status import PodView, pod_status

GOOD = Terminated(0, "Completed", "", 10.0, 20.0)
BAD = Terminated(1, "Error", "", 10.0, 20.0)
RUNS = Running(10.0)
WAITS = Waiting("ContainerCreating")


def view(state: Any, **more: Any) -> ContainerView:
    return ContainerView("c", "image", "minikf://x", state, **more)


def phase(init: list[ContainerView], main: list[ContainerView], *, ended: bool = False, failed: Any = None) -> str:
    pod = {"spec": {"containers": [{"name": "c"}]}, "metadata": {}}
    return str(pod_status(pod, PodView(init, main, 5.0, failed, ended), 30.0)["phase"])


@pytest.mark.parametrize(
    ("init", "main", "ended", "expected"),
    [
        ([], [view(WAITS)], False, "Pending"),
        ([view(RUNS)], [view(Waiting("PodInitializing"))], False, "Pending"),
        ([view(GOOD)], [view(RUNS)], False, "Running"),
        ([], [view(GOOD), view(RUNS)], False, "Running"),
        ([], [view(GOOD), view(WAITS)], False, "Pending"),
        # It waits to be started again, which is not the same as never having run.
        ([], [view(Waiting("CrashLoopBackOff"), last=BAD)], False, "Running"),
        # All containers are done, a sidecar is not.
        ([view(RUNS, restarts_always=True, started=True)], [view(GOOD)], False, "Running"),
        ([view(RUNS, restarts_always=True)], [view(WAITS)], False, "Pending"),
        ([view(GOOD)], [view(GOOD)], True, "Succeeded"),
        ([view(BAD, restarts_always=True)], [view(GOOD)], True, "Succeeded"),
        ([], [view(GOOD), view(BAD)], True, "Failed"),
        ([view(BAD)], [view(Waiting("PodInitializing"))], True, "Failed"),
    ],
)
def test_phase(init: list[ContainerView], main: list[ContainerView], ended: bool, expected: str) -> None:
    assert phase(init, main, ended=ended) == expected


def test_a_reason_to_fail_counts_when_everything_has_ended() -> None:
    assert phase([], [view(RUNS)], failed=("DeadlineExceeded", "late")) == "Running"
    assert phase([], [view(GOOD)], ended=True, failed=("DeadlineExceeded", "late")) == "Failed"


def test_conditions_keep_their_times_while_they_do_not_change() -> None:
    pod: dict[str, Any] = {"spec": {"containers": [{"name": "c"}]}, "metadata": {}}
    pod["status"] = pod_status(pod, PodView([], [view(RUNS, ready=False)], 5.0), 100.0)
    pod["status"]["conditions"].append({"type": "example.com/own", "status": "True"})
    later = pod_status(pod, PodView([], [view(RUNS, ready=True)], 5.0), 200.0)
    times = {one["type"]: one.get("lastTransitionTime") for one in later["conditions"]}
    assert times["Initialized"] == "1970-01-01T00:01:40Z"
    assert times["Ready"] == "1970-01-01T00:03:20Z"
    assert "example.com/own" in times
    assert later["startTime"] == "1970-01-01T00:00:05Z"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m", "memory": "1024Mi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ({"limits": {"memory": "1Gi"}}, "Burstable"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: dict[str, Any], expected: str) -> None:
    assert qos_class({"containers": [{"name": "c", "resources": resources}]}) == expected


def test_limits_in_bytes_and_processors() -> None:
    container = {"resources": {"limits": {"memory": "1.5Gi", "cpu": "1200m"}}}
    assert (memory_limit(container), cpu_count(container)) == (3 << 29, 2)
    assert (memory_limit({}), cpu_count({})) == (0, 0)
    assert cpu_count({"resources": {"limits": {"cpu": "10m"}}}) == 1


def exit_of(**data: Any) -> Exit:
    return Exit.of({"startedAt": 10.0, "finishedAt": 20.0, **data})


@pytest.mark.parametrize(
    ("ended", "note", "code", "reason"),
    [
        (exit_of(exitCode=0), {}, 0, "Completed"),
        (exit_of(exitCode=3), {}, 3, "Error"),
        (exit_of(signal=9), {}, 137, "Error"),
        (exit_of(signal=15), {}, 143, "Error"),
        (exit_of(signal=9), {"reason": "OOMKilled", "message": "m"}, 137, "OOMKilled"),
        (None, {}, 137, "ContainerStatusUnknown"),
    ],
)
def test_ends(ended: Exit | None, note: dict[str, str], code: int, reason: str) -> None:
    state = terminated(ended, note, 10.0, 30.0)
    assert (state.exit_code, state.reason) == (code, reason)


def test_an_end_is_never_before_its_beginning() -> None:
    # The wall clock was set back meanwhile.
    assert exit_of(finishedAt=3.0, exitCode=0).finished_at == 10.0
    assert terminated(None, {}, 10.0, 3.0).finished_at == 10.0


@pytest.mark.parametrize(
    ("report", "text"),
    [
        ({"step": "exec", "errno": 2, "what": "x"}, 'exec: "x": executable file not found in $PATH'),
        ({"step": "exec", "errno": 13, "what": "/x"}, 'exec: "/x": permission denied'),
        ({"step": "exec", "errno": 8, "what": "/x"}, 'exec: "/x": exec format error'),
        ({"step": "chdir", "errno": 2, "what": "/x", "reason": "No such file"}, 'chdir "/x": No such file'),
    ],
)
def test_why_a_program_could_not_start(report: dict[str, Any], text: str) -> None:
    state = not_started(CannotStart(report), 30.0)
    assert (state.exit_code, state.reason, state.started_at) == (128, "StartError", 0.0)
    assert text in state.message


def test_pauses_double_to_their_cap_and_begin_anew() -> None:
    settings = PodSettings()
    pauses = [restart_pause([BAD] * count, settings) for count in range(1, 9)]
    assert pauses == [0, 10, 20, 40, 80, 160, 300, 300]
    long = Terminated(1, "Error", "", 0.5, 700.0)
    assert restart_pause([BAD, BAD, long], settings) == 0
    assert restart_pause([BAD, long, BAD, BAD], settings) == 10
    # What the platform itself ended is no failure.
    assert restart_pause([BAD, BAD, Terminated(143, STOPPED, "", 1.0, 2.0)], settings) == 0
