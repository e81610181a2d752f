"""The status of an InferenceService, as KServe words it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from minikf.embedded.controllers.serving.status import Facts, Failure, make_status
from minikf.embedded.serving.holder import Ports
from tests.unit.serving.test_spec import service

NOW, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
PORTS = Ports(20000, 20001)
READY = Facts("Loaded", True, PORTS, "a", "a", copies=1)


def _make(
    facts: Facts, status: dict[str, Any] | None = None, generation: int = 1, now: datetime = NOW
) -> dict[str, Any]:
    obj = service({})
    obj["metadata"]["generation"] = generation
    if status is not None:
        obj["status"] = status
    return make_status(obj, facts, now)


def _conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one.get("reason", "")) for one in status["conditions"]}


def test_from_loading_to_ready_to_loading_the_next() -> None:
    loading = _make(Facts("Loading", False, PORTS, "a", progress="soon"))
    assert _conditions(loading)["Ready"] == ("Unknown", "Loading")
    assert "url" not in loading
    ready = _make(READY, loading, now=LATER)
    assert _conditions(ready) == {
        "IngressReady": ("True", ""),
        "PredictorReady": ("True", "MinimumReplicasAvailable"),
        "Ready": ("True", ""),
        "Stopped": ("False", ""),
    }
    assert ready["url"] == "http://127.0.0.1:20000"
    assert ready["components"]["predictor"]["latestReadyRevision"] == "digits-predictor-a"
    following = _make(Facts("Loading", True, PORTS, "b", "a"), ready, generation=2)
    assert _conditions(following)["Ready"][0] == "True"
    assert following["modelStatus"]["transitionStatus"] == "InProgress"
    assert following["observedGeneration"] == 1, "the status is about the revision before"
    done = _make(Facts("Loaded", True, PORTS, "b", "b"), following, generation=2)
    assert done["observedGeneration"] == 2


def test_times_move_only_when_a_status_changes() -> None:
    first = _make(READY)
    assert _make(READY, first, now=LATER) == first
    failed = Facts("FailedToLoad", False, PORTS, "a", failure=Failure("ModelLoadFailed", "why", "pod", 3))
    second = _make(failed, first, now=LATER)
    assert _make(failed, second, now=datetime(2026, 1, 3, tzinfo=UTC)) == second
    info = second["modelStatus"]["lastFailureInfo"]
    assert info == {
        "reason": "ModelLoadFailed",
        "message": "why",
        "location": "pod",
        "exitCode": 3,
        "modelRevisionName": "a",
        "time": "2026-01-02T00:00:00Z",
    }
    assert _conditions(second)["Ready"] == ("False", "ModelLoadFailed")


def test_a_failed_successor_leaves_it_ready_and_is_told() -> None:
    ready = _make(READY)
    facts = Facts("FailedToLoad", True, PORTS, "b", "a", failure=Failure("ModelLoadFailed", "cut off"))
    status = _make(facts, ready, generation=2)
    assert _conditions(status)["Ready"][0] == "True"
    assert status["modelStatus"]["transitionStatus"] == "BlockedByFailedLoad"
    assert status["observedGeneration"] == 2
    (predictor,) = [one for one in status["conditions"] if one["type"] == "PredictorReady"]
    assert "cut off" in predictor["message"]
    healed = _make(Facts("Loaded", True, PORTS, "c", "c"), status, generation=3)
    assert "lastFailureInfo" not in healed["modelStatus"]
    (predictor,) = [one for one in healed["conditions"] if one["type"] == "PredictorReady"]
    assert "message" not in predictor


def test_stopped_clears_what_was() -> None:
    status = _make(Facts("Pending", False, is_stopped=True), _make(READY))
    assert _conditions(status)["Stopped"][0] == "True"
    assert _conditions(status)["PredictorReady"] == ("False", "Stopped")
    assert "url" not in status


def test_an_invalid_spec() -> None:
    facts = Facts("FailedToLoad", False, failure=Failure("NoSupportingRuntime", "none"), is_invalid=True)
    status = _make(facts)
    assert status["modelStatus"]["transitionStatus"] == "InvalidSpec"
    assert _conditions(status)["PredictorReady"] == ("False", "NoSupportingRuntime")
