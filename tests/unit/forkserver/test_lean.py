"""JSON as the shims read and write it, against the package; and what a shim may import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.forkserver import lean

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4),
    max_leaves=20,
)
REPOSITORY = Path(lean.__file__).parents[3]


@given(VALUES)
def test_both_read_what_the_other_writes(value: object) -> None:
    assert json.loads(lean.dumps(value)) == value
    assert lean.loads(json.dumps(value, indent=1)) == value


@pytest.mark.parametrize("text", ["", "{", "[1,2", "{} {}", "nul", "NaN", "-Infinity", '{"a":1,}', '"\n"', "\u00a01"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        lean.loads(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": object()}, b"bytes"])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        lean.dumps(value)


def test_an_interpreter_without_the_c_parts_gets_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lean, "_fast", None)
    assert lean.loads(lean.dumps({"a": [1, None, "\u00e9"]})) == {"a": [1, None, "\u00e9"]}


def test_a_shim_imports_nothing_that_is_slow() -> None:
    code = (
        "import sys; sys.path.append(sys.argv[1]); before = set(sys.modules)\n"
        "import minikf.embedded.forkserver.shims.python, minikf.embedded.forkserver.shims.warm\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(REPOSITORY)], capture_output=True, text=True, check=True
    )
    slow = {"array", "collections", "contextlib", "enum", "functools", "json", "pathlib", "re", "signal", "socket"}
    assert "_socket" in run.stdout.split()
    assert not slow & set(run.stdout.split())
