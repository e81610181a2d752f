"""The engine's pure functions against a kube-apiserver's recorded answers (see record.py)."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded import metadata
from minikf.embedded.patching import merge_patch
from minikf.embedded.status import ApiError
from minikf.embedded.table import table
from tests.unit.recorded import engine
from tests.unit.recorded.cases import cases
from tests.unit.recorded.record import without_cluster
from tests.unit.recorded.sequences import sequences
from tests.unit.recorded.shown import shown
from tests.unit.recorded.updates import updates

Object = dict[str, Any]
_ANSWERS = Path(__file__).parent / "answers"
_CREATES = list(cases())
_APPLIES = list(sequences())
_SHOWN = list(shown())
_UPDATES = [(path, changes) for path, _, changes in updates()]
_CHANGES = [(case, number) for case, (_, changes) in enumerate(_UPDATES) for number in range(len(changes))]


@lru_cache
def _recorded(name: str) -> list[Any]:
    return list(json.loads((_ANSWERS / f"{name}.json").read_text())["answers"])


def _causes(details: Object) -> Counter[tuple[str, str, str]]:
    return Counter((cause["field"], cause["reason"], cause["message"]) for cause in details.get("causes") or [])


def test_there_is_an_answer_for_each_case() -> None:
    assert len(_recorded("creates")) == len(_CREATES)
    assert [len(results) for results in _recorded("applies")] == [len(steps) for _, _, steps in _APPLIES]
    assert len(_recorded("tables")) == len(_SHOWN)
    assert [len(results) - 1 for results in _recorded("updates")] == [len(changes) for _, changes in _UPDATES]


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


@dataclass
class Entry:
    """An object as the store hands it out."""

    obj: Object


@pytest.mark.parametrize("number", range(len(_SHOWN)))
def test_table(number: int) -> None:
    path, _ = _SHOWN[number]
    expected = _recorded("tables")[number]
    now = datetime.fromisoformat(expected["now"])
    answer = table(engine.kind_of(path), [Entry(expected["object"])], 1, "Object", now=now)
    columns = [[c["name"], c["type"], c["format"], c["priority"]] for c in answer["columnDefinitions"]]
    assert columns == expected["columns"]
    (row,) = answer["rows"]
    assert row["cells"] == expected["cells"]
    assert row.get("conditions") == expected.get("conditions")


@pytest.mark.parametrize(("case", "number"), _CHANGES)
def test_update(case: int, number: int) -> None:
    path, changes = _UPDATES[case]
    live, *answers = _recorded("updates")[case]
    server_owned = {"uid": "UID", "resourceVersion": "1", "creationTimestamp": engine.NOW}
    live = live | {"metadata": live["metadata"] | server_owned}
    expected = answers[number]
    kind = engine.kind_of(path)
    changed = merge_patch(engine.copy(live), changes[number])
    try:
        metadata.before_update(kind, changed, live, must_have_rv=False)
        made = engine.prepared(kind, changed, live)
    except ApiError as error:
        assert error.code == expected["code"], error.message
        assert _problems(error.details) == _problems(expected)
        return
    assert expected["code"] == 200, expected["message"]
    for obj in (made, expected["object"]):
        obj["metadata"].pop("managedFields", None)
    assert without_cluster(made) == expected["object"]


def _problems(details: Object) -> set[tuple[str, str, str]]:
    """Causes without repetition, and without what only Go can tell: its own names of fields in values and diffs."""
    shown = re.compile(r"^Invalid value: \{.*\}: ")
    return {
        (field, reason, shown.sub("Invalid value: {}: ", message.splitlines()[0]))
        for field, reason, message in _causes(details)
    }
