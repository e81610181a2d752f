"""What counts as progress, which pods exist on paper only, and what is kept of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.paths import PlatformPaths
from minikf.smoke import FAILED, TESTED, Result, record
from minikf.smoke.nodes import KWOK, is_simulated, names_of
from minikf.smoke.progress import PULL_SECONDS, Progress, is_pulling


def pod(reason: str, name: str = "one") -> dict[str, Any]:
    status = {"phase": "Pending", "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": reason}}}]}
    return {"metadata": {"name": name, "uid": f"uid-{name}"}, "status": status, "spec": {}}


def event(reason: str, when: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {"involvedObject": {"kind": "Pod", "name": "one", "uid": "uid-one"}, "reason": reason, "lastTimestamp": when}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("minikf.smoke.progress.time.monotonic", lambda: now[0])
    return now


def test_news_is_progress_and_a_back_off_is_none(clock: list[float]) -> None:
    progress = Progress(10)
    for second, reason in ((0, "ContainerCreating"), (4, "ErrImagePull"), (8, "ImagePullBackOff")):
        clock[0] = second
        progress.see("created", [pod(reason)], [])
    for second in (12, 16, 19):
        clock[0] = second
        progress.see("created", [pod("ErrImagePull" if second % 8 else "ImagePullBackOff")], [event("Pulling")])
    assert not progress.stalled  # the event was new at 12
    clock[0] = 23
    progress.see("created", [pod("ErrImagePull")], [event("Pulling")])
    assert progress.stalled


def test_while_an_image_is_pulled_more_is_allowed(clock: list[float]) -> None:
    progress = Progress(10)
    progress.see("created", [pod("ContainerCreating")], [event("Pulling")])
    clock[0] = 100
    progress.see("created", [pod("ContainerCreating")], [event("Pulling")])
    assert not progress.stalled
    assert progress.allowed == PULL_SECONDS
    progress.see(
        "created", [pod("ContainerCreating")], [event("Pulling"), event("FailedMount", "2026-01-02T00:00:00Z")]
    )
    assert progress.allowed == 10


def test_only_a_pull_that_goes_on_counts() -> None:
    assert is_pulling([pod("ContainerCreating")], [event("Pulling")])
    assert not is_pulling([pod("ImagePullBackOff")], [event("Pulling")])
    assert not is_pulling([pod("ContainerCreating")], [event("Pulling"), event("Pulled", "2026-01-01T00:00:01Z")])
    assert not is_pulling([pod("ContainerCreating", "other")], [event("Pulling")])


@pytest.mark.parametrize(
    ("meta", "simulated"),
    [
        ({"annotations": {KWOK: "fake"}}, True),
        ({"labels": {KWOK: "fake"}}, True),
        ({"labels": {"type": "worker"}}, False),
        ({}, False),
    ],
)
def test_nodes_of_kwok(meta: dict[str, Any], simulated: bool) -> None:
    assert is_simulated({"metadata": {"name": "n", **meta}}) is simulated


def test_pods_that_are_on_no_node_yet() -> None:
    assert names_of([{"spec": {}}, {"spec": {"nodeName": "a"}}, {"spec": {"nodeName": ""}}]) == {"a"}


@pytest.fixture
def paths(tmp_path: Path) -> PlatformPaths:
    return PlatformPaths("p", tmp_path / "config", tmp_path / "state", tmp_path / "data", tmp_path / "cache")


def test_the_last_result_of_each_is_kept(paths: PlatformPaths) -> None:
    assert record.read(paths) == {}
    first = Result("katib", FAILED, "2026-01-01T00:00:00+00:00", 1.0, cause="why")
    other = Result("trainer", TESTED, "2026-01-01T00:00:01+00:00", 2.0, ran="a TrainJob")
    later = Result("katib", TESTED, "2026-01-01T00:00:02+00:00", 3.0, ran="an Experiment")
    for one in (first, other, later):
        record.write(paths, one)
    assert record.read(paths) == {"katib": later, "trainer": other}
    assert (paths.state / "tests.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": [{}]}', '{"results": [{"component": "katib"}]}', "null"])
def test_a_damaged_record_tells_nothing(paths: PlatformPaths, text: str) -> None:
    paths.state.mkdir()
    (paths.state / "tests.json").write_text(text)
    assert record.read(paths) == {}


def test_what_a_later_release_adds_is_passed_over(paths: PlatformPaths) -> None:
    paths.state.mkdir()
    text = '{"results": [{"component": "katib", "outcome": "tested", "at": "now", "seconds": 1, "mood": "good"}]}'
    (paths.state / "tests.json").write_text(text)
    assert record.read(paths) == {"katib": Result("katib", TESTED, "now", 1)}
