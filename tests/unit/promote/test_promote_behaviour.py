"""Predictions recorded here and asked again there: what counts as the same, and what is said where it is not."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.errors import ExitCode, Refused
from minikf.promote.behaviour.compare import Tolerance, Tolerances, compare
from minikf.promote.behaviour.recording import Recording, Sample, read
from minikf.promote.behaviour.replay import MOST_SAMPLES, BehavesDifferently, distinct, insist, record, replay
from minikf.spec import Event

T = TypeVar("T")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def done(steps: Generator[Event, None, T]) -> tuple[T, list[Event]]:
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return end.value, events


def model(answers: dict[str, tuple[int, Any]]) -> Any:
    """Answers by the body's own text; a str is sent as it is."""

    def ask(path: str, body: Any) -> tuple[int, bytes]:
        status, said = answers[json.dumps(body)]
        return status, said.encode() if isinstance(said, str) else json.dumps(said).encode()

    return ask


def recorded(answer: Any) -> Recording:
    found, _ = done(record("team", "digits", [Sample("/p", [1], "sample.json")], model({"[1]": (200, answer)})))
    return found


@given(_JSON)
def test_an_answer_is_like_itself(answer: Any) -> None:
    assert compare(answer, json.loads(json.dumps(answer))) == ()


@pytest.mark.parametrize(
    ("here", "there", "where"),
    [
        ({"predictions": [1, 2]}, {"predictions": [1, 3]}, ["predictions[1]"]),
        ({"predictions": [1, 2]}, {"predictions": [1]}, ["predictions"]),
        ({"predictions": ["a"]}, {"predictions": ["b"]}, ["predictions[0]"]),
        ({"predictions": [True]}, {"predictions": [1]}, ["predictions[0]"]),
        ({"predictions": [1.0]}, {"predictions": [None]}, ["predictions[0]"]),
        (
            {"predictions": [{"p": 0.1, "q": 1}]},
            {"predictions": [{"p": 0.2}]},
            ["predictions[0].p", "predictions[0].q"],
        ),
        ({"predictions": [0.5]}, {"predictions": [0.51]}, ["predictions[0]"]),
        ({"predictions": [0.5]}, {"predictions": [0.500001], "model_version": "2"}, []),
        ({"predictions": [3]}, {"predictions": [3.0]}, []),
        ({"predictions": [math.nan]}, {"predictions": [math.nan]}, []),
        ({"predictions": [math.inf]}, {"predictions": [-math.inf]}, ["predictions[0]"]),
    ],
)
def test_v1(here: Any, there: Any, where: list[str]) -> None:
    assert [one.where for one in compare(here, there)] == where


def tensor(name: str, data: Any, datatype: str = "FP32", shape: tuple[int, ...] = (2,)) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape), "data": data}


@pytest.mark.parametrize(
    ("there", "where"),
    [
        ([tensor("p", [0.1, 0.9])], []),
        ([tensor("p", [[0.1], [0.9]])], []),
        ([tensor("p", [0.1, 0.8])], ["outputs[p].data[1]"]),
        ([tensor("p", [0.1, 0.9], "FP64")], ["outputs[p].datatype"]),
        ([tensor("p", [0.1, 0.9], shape=(2, 1))], ["outputs[p].shape"]),
        ([tensor("other", [0.1, 0.9])], ["outputs[p]", "outputs[other]"]),
        ([], ["outputs[p]"]),
    ],
)
def test_v2_by_the_names_of_outputs(there: list[Any], where: list[str]) -> None:
    here = {"id": "1", "model_name": "digits", "outputs": [tensor("p", [0.1, 0.9])]}
    assert [one.where for one in compare(here, {"id": "2", "outputs": there})] == where


def test_a_tolerance_of_its_own_for_an_output() -> None:
    wide = Tolerances(outputs={"p": Tolerance(relative=0.1)})
    here = {"outputs": [tensor("p", [1.0, 1.0]), tensor("q", [1.0, 1.0])]}
    there = {"outputs": [tensor("p", [1.05, 1.0]), tensor("q", [1.05, 1.0])]}
    assert [one.where for one in compare(here, there, wide)] == ["outputs[q].data[0]"]
    v1 = {"predictions": [{"p": 1.0, "q": 1.0}]}
    assert [one.where for one in compare(v1, {"predictions": [{"p": 1.05, "q": 1.05}]}, wide)] == ["predictions[0].q"]


def test_the_file_is_read_as_it_was_written() -> None:
    one = recorded({"predictions": [0.25, "é"]})
    assert read(one.text, "digits.json") == one
    assert read(one.text, "digits.json").digest == one.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"apiVersion": "minikf/v1alpha1", "kind": "Predictions"}', "\x00"])
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"digits\.json holds no recorded predictions"):
        read(text, "digits.json")


def test_samples_that_are_refused_are_told_and_left_out() -> None:
    ask = model({"[1]": (200, {"predictions": [1]}), "[2]": (400, "too short"), "[3]": (200, "no json")})
    found, events = done(record("team", "digits", [Sample("/p", [n], "x") for n in (1, 2, 3)], ask))
    assert [one.sample.body for one in found.predictions] == [[1]]
    assert any("too short" in one.message for one in events) and any("no json" in one.message for one in events)


def test_a_model_that_answers_nothing_is_refused_and_nothing_asked_is_empty() -> None:
    with pytest.raises(Refused, match="answers none of 1 samples"):
        done(record("team", "digits", [Sample("/p", [1], "x")], model({"[1]": (503, "loading")})))
    found, _ = done(record("team", "digits", [], model({})))
    assert found.predictions == ()


def test_each_request_is_asked_once_and_not_too_many() -> None:
    found = distinct([Sample("/p", [n % 50], f"{n}") for n in range(100)])
    assert len(found) == MOST_SAMPLES and found[0].origin == "0"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, {"predictions": [8]}), r"predictions\[0\]: 7 here, 8 there"),
        ((404, "no model"), "HTTP status: 200 here, 404 there"),
        ((200, "<html>"), "HTTP status"),
    ],
)
def test_another_answer_there_is_shown(answer: tuple[int, Any], said: str) -> None:
    found, _ = done(replay(recorded({"predictions": [7]}), model({"[1]": answer})))
    with pytest.raises(BehavesDifferently) as raised:
        insist(found)
    assert raised.value.exit_code == ExitCode.VERIFY_FAILED
    assert raised.match("1 of 1 predictions differently there")
    assert re.search(said, raised.value.cause)


def test_the_same_answer_there_is_taken() -> None:
    found, events = done(replay(recorded({"predictions": [7]}), model({"[1]": (200, {"predictions": [7.0]})})))
    assert found.alike == 1
    insist(found)
    assert events[-1].objects_done == events[-1].objects_total == 1
