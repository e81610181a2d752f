"""The engine's pure functions against a kube-apiserver's recorded answers (see record.py)."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.status import ApiError
from tests.unit.recorded import engine
from tests.unit.recorded.cases import cases
from tests.unit.recorded.record import without_cluster
from tests.unit.recorded.sequences import sequences

Object = dict[str, Any]
_ANSWERS = Path(__file__).parent / "answers"
_CREATES = list(cases())
_APPLIES = list(sequences())


@lru_cache
def _recorded(name: str) -> list[Any]:
    return list(json.loads((_ANSWERS / f"{name}.json").read_text())["answers"])


def _causes(details: Object) -> Counter[tuple[str, str, str]]:
    return Counter((cause["field"], cause["reason"], cause["message"]) for cause in details.get("causes") or [])


def test_there_is_an_answer_for_each_case() -> None:
    assert len(_recorded("creates")) == len(_CREATES)
    assert [len(results) for results in _recorded("applies")] == [len(steps) for _, _, steps in _APPLIES]


@pytest.mark.parametrize("number", range(len(_CREATES)))
def test_create(number: int) -> None:
    path, obj = _CREATES[number]
    expected = _recorded("creates")[number]
    try:
        made = engine.created(engine.kind_of(path), obj, "me")
    except ApiError as error:
        assert error.code == expected["code"], error.message
        if error.code == 422:
            assert _causes(error.details) == _causes(expected)
        else:
            assert error.message == expected["message"]
        return
    assert expected["code"] == 201, expected["message"]
    assert without_cluster(made) == expected["object"]


@pytest.mark.parametrize("number", range(len(_APPLIES)))
def test_several_managers(number: int) -> None:
    path, _, steps = _APPLIES[number]
    kind = engine.kind_of(path)
    live: Object | None = None
    for step, expected in zip(steps, _recorded("applies")[number], strict=True):
        try:
            live = engine.stepped(kind, live, step)
        except ApiError as error:
            assert (error.code, error.message) == (expected["code"], expected["message"])
            continue
        assert expected["code"] == 200, (step, expected["message"])
        assert without_cluster(live) == expected["object"], step
