"""Figures from metrics as servers write them, example bodies from what models say, and differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from minikf.errors import UsageError
from minikf.kube import bodies
from minikf.kube.serving import Door, Heard
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.views.models import history
from minikf.views.models.metrics import counters, figures, quantile, samples, short

LABELS = ("model_name", "protocol")


def ours(*seconds: float, errors: int = 0) -> str:
    """What MiniKF's model server writes, by the library that it writes it with."""
    registry = CollectorRegistry()
    histogram = Histogram("minikf_inference_seconds", "x", LABELS, registry=registry, buckets=(0.01, 0.1, 1.0))
    counter = Counter("minikf_inference_errors", "x", (*LABELS, "code"), registry=registry)
    for each in seconds:
        histogram.labels("iris", "rest-v1").observe(each)
    for _ in range(errors):
        counter.labels("iris", "rest-v1", "400").inc()
    return generate_latest(registry).decode()


def kserves(asked: int, failed: int) -> str:
    """What KServe's package writes: a request that fails in predict has no postprocess."""
    registry = CollectorRegistry()
    for step, count in (("preprocess", asked), ("predict", asked), ("postprocess", asked - failed)):
        histogram = Histogram(f"request_{step}_seconds", "x", ["model_name"], registry=registry)
        for _ in range(count):
            histogram.labels('a "b"').observe(0.02)
    return generate_latest(registry).decode()


def test_counts_and_quantiles_of_our_own_server() -> None:
    found = counters(ours(*[0.005] * 90, *[0.05] * 10, errors=3))
    assert found is not None
    told = figures({"": found})
    assert (told.requests, told.errors, told.codes) == (100, 3, {"400": 3})
    assert told.p50 == pytest.approx(0.01 * 50 / 90)
    assert told.p95 == pytest.approx(0.01 + 0.09 * 0.5)
    assert told.mean == pytest.approx(0.0095)


def test_errors_of_kserves_own_server_are_what_is_missing_in_the_last_step() -> None:
    found = counters(kserves(10, 4))
    assert found is not None
    told = figures({"pod": found})
    assert (told.requests, told.errors, told.codes) == (10, 4, {})
    assert told.p50 is not None and 0.01 <= told.p50 <= 0.025


def test_only_what_came_since_counts_and_a_restart_begins_anew() -> None:
    first, second = counters(ours(0.005, errors=1)), counters(ours(0.005, 0.5, 0.5, errors=1))
    assert first is not None and second is not None
    since = figures({"a": second}, {"a": first})
    assert (since.requests, since.errors) == (2, 0)
    assert since.p50 is not None and since.p50 > 0.1
    assert figures({"a": first}, {"a": second}).requests == 1  # fewer than before: another process
    assert figures({"a": second, "b": first}, {"a": second}).requests == 1  # one that came meanwhile


def test_a_server_that_nobody_asked_has_nothing_but_noughts_and_one_that_counts_nothing_is_none() -> None:
    found = counters(ours())
    assert found is not None
    told = figures({"": found})
    assert (told.requests, told.errors, told.p50, told.mean) == (0, 0, None, None)
    assert short(told.p50) == "-"
    assert counters("python_info 1\nnonsense{ 3\n# TYPE other counter\nother 1\n") is None
    assert [one.value for one in samples('a{b="c\\"}d"} 2.5 1700000000\nbroken\nx NaNo')] == [2.5]


def test_beyond_the_last_bound_nothing_is_made_up() -> None:
    assert quantile({1.0: 0.0, float("inf"): 5.0}, 0.5) == 1.0
    assert quantile({}, 0.5) is None


class Telling(Door):
    """A door behind which a model says what it takes."""

    def __init__(self, said: Any, status: int = 200) -> None:
        access = Access("default", "embedded", "", Path(), Path())
        super().__init__(access, "team", "iris", "http://127.0.0.1:1", "")
        object.__setattr__(self, "said", said)
        object.__setattr__(self, "code", status)

    def ask(self, method: str, path: str, body: object = None, seconds: float = 1.0) -> Heard:
        return Heard(self.code, json.dumps(self.said).encode(), 0.0)  # type: ignore[attr-defined]


def tensor(name: str, shape: list[int], kind: str = "FP32") -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": kind}


@pytest.mark.parametrize(
    ("inputs", "v1", "v2"),
    [
        ([tensor("x", [-1, 3])], {"instances": [[0.0, 0.0, 0.0]]}, [("x", [1, 3], [0.0] * 3)]),
        ([tensor("x", [-1, 2, 2], "INT64")], {"instances": [[[0, 0], [0, 0]]]}, [("x", [1, 2, 2], [0] * 4)]),
        (
            [tensor("a", [-1, 1]), tensor("b", [-1, 1], "BYTES")],
            {"instances": [{"a": [0.0], "b": ["text"]}]},
            [("a", [1, 1], [0.0]), ("b", [1, 1], ["text"])],
        ),
        ([tensor("x", [-1], "BOOL")], {"instances": [True]}, [("x", [1], [True])]),
    ],
)
def test_an_example_has_the_shape_that_the_model_tells(inputs: Any, v1: Any, v2: Any) -> None:
    found = bodies.suggest(Telling({"inputs": inputs}), {}, "v1")
    assert json.loads(found.body) == v1
    assert found.path == "/v1/models/iris:predict"
    other = json.loads(bodies.suggest(Telling({"inputs": inputs}), {}, "v2").body)
    assert [(one["name"], one["shape"], one["data"]) for one in other["inputs"]] == v2


UNTOLD = [{}, {"inputs": []}, {"inputs": [tensor("x", [-1, -1])]}, {"inputs": [tensor("x", [1, 9999])]}, [], 1]


@pytest.mark.parametrize("said", UNTOLD)
def test_what_the_model_does_not_tell_is_not_made_up(said: Any) -> None:
    found = bodies.suggest(Telling(said), {})
    assert json.loads(found.body) == {"instances": [[]]}
    assert "does not say what it takes" in found.why
    assert "HTTP 404" in bodies.suggest(Telling({}, 404), {}).why


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "line 1"), ('{"a":\n  }', "line 2, column 3"), ('{"a": NaN}', "NaN"), ("", "line 1, column 1")],
)
def test_a_body_that_is_no_json_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(UsageError, match="no JSON") as caught:
        bodies.parse(text)
    assert told in caught.value.message


def test_a_body_says_its_protocol() -> None:
    v2 = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}
    spec = {"spec": {"predictor": {"model": {"protocolVersion": "v2", "storageUri": "x"}}}}
    assert bodies.protocol_of({}, v2) == "v2"
    assert bodies.protocol_of(spec, {"instances": []}) == "v1"
    assert bodies.protocol_of(spec) == "v2"
    assert bodies.protocol_of({}, {"inputs": [[1, 2]]}) == "v1"  # the older spelling of V1


def test_what_is_pretty_is_the_same_body() -> None:
    body = {"a": [[1, 2], {"b": []}], "c": {}, "ü": "x", "n": None}
    assert json.loads(bodies.pretty(body)) == body


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return PlatformPaths.of("default")


def test_bodies_are_kept_newest_first_for_their_owner_only(paths: PlatformPaths) -> None:
    for number in [*range(12), 5]:
        bodies.keep(paths, "team", "iris", f"[{number}]")
    assert bodies.last(paths, "team", "iris")[:3] == ("[5]", "[11]", "[10]")
    assert len(bodies.last(paths, "team", "iris")) == 10
    (file,) = (paths.state / "tried").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("{broken")
    assert bodies.last(paths, "team", "iris") == ()


def service(uri: str, *, ready: bool = True, generation: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "team", "name": "iris", "uid": "u", "generation": generation},
        "spec": {"predictor": {"model": {"storageUri": uri}}},
        "status": {
            "observedGeneration": generation,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def test_history_has_each_spec_that_was_ready_once(paths: PlatformPaths) -> None:
    history.remember(paths, [service("a"), service("broken", ready=False)])
    history.remember(paths, [service("a"), service("b", generation=2), service("b", generation=2)])
    stale = service("c", generation=3)
    stale["status"]["observedGeneration"] = 2
    history.remember(paths, [stale])
    found = history.past(paths, "team", "iris")
    assert [one.spec["predictor"]["model"]["storageUri"] for one in found] == ["b", "a"]
    (file,) = (paths.state / "served").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
