"""The harness itself: it sees differences, hides only what differs by nature, and ends what it started."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from .case import Case, Http, Kubectl, fill
from .compare import Allowance, differences
from .normal import Normaliser
from .report import Report
from .server import GUARD, Server

pytestmark = pytest.mark.core
_CASE = Case("one", (Http("GET", "/a"), Http("GET", "/b")))


def _server(name: str, port: int) -> Server:
    path = Path("/nowhere")
    return Server(name, f"https://127.0.0.1:{port}", path, "", path, path, path)


def _object(version: str, uid: str, **meta: str) -> dict[str, Any]:
    return {"body": {"metadata": {"name": "a", "resourceVersion": version, "uid": uid, **meta}}}


def _normal(*outcomes: dict[str, Any], name: str = "real", port: int = 1) -> list[Any]:
    return Normaliser(_server(name, port), _CASE, list(outcomes)).outcomes()


def test_versions_keep_order_and_equality_and_uids_keep_identity() -> None:
    real = _normal(_object("100", "u-1"), _object("900", "u-1"))
    assert real == _normal(_object("7", "x"), _object("8", "x"))
    assert real != _normal(_object("8", "x"), _object("7", "x")), "order turned round"
    assert real != _normal(_object("7", "x"), _object("7", "x")), "a change that did not count"
    assert real != _normal(_object("7", "x"), _object("8", "y")), "an object made anew"


def test_times_ages_and_addresses_are_placeholders_but_fixed_times_stay() -> None:
    text = {"stdout": "NAME   AGE\na      12s\n", "stderr": "at https://127.0.0.1:1/x 2026-01-01T00:00:00Z"}
    assert _normal(text) == [{"stdout": ["NAME  AGE", "a  <age>"], "stderr": ["at <server>/x <time>"]}]
    assert _normal({"body": {"t": "2001-01-01T00:00:00Z"}}) == [{"body": {"t": "2001-01-01T00:00:00Z"}}]
    assert _normal({"body": {"t": "2026-01-01T00:00:00.000001Z"}}) == [{"body": {"t": "<micro time>"}}]


def test_a_list_older_than_its_items_is_seen() -> None:
    item = {"metadata": {"name": "a", "resourceVersion": "9"}}
    fresh, stale = ({"body": {"metadata": {"resourceVersion": rv}, "items": [item]}} for rv in ("12", "8"))
    assert _normal(fresh) != _normal(stale)


def test_differences_have_paths_and_types_matter() -> None:
    found = differences(_CASE, [{"body": {"a": [1, 2]}}, {}], [{"body": {"a": [1, "2"], "b": None}}, {}])
    assert [(one.path, one.real, one.embedded) for one in found] == [
        ("body.a[1]", 2, "2"),
        ("body.b", "<absent>", None),
    ]
    assert differences(_CASE, [{"n": 1}, {}], [{"n": True}, {}]), "1 and true are not the same"


def test_an_allowance_covers_its_own_difference_only() -> None:
    (found,) = differences(_CASE, [{"status": 404}, {}], [{"status": 405}, {}])
    covering = Allowance("one", "status", "because", step="01 *", real="404", embedded="405")
    assert covering.covers(found)
    for other in (
        Allowance("two", "status", "because"),
        Allowance("one", "stat", "because"),
        Allowance("one", "status", "because", step="02 *"),
        Allowance("one", "status", "because", real="409"),
        Allowance("one", "status", "because", embedded="^40$"),
    ):
        assert not other.covers(found)
    report = Report()
    assert report.add(_CASE, [found], (covering,)) == []
    assert report.add(_CASE, [found], ()) == [found]
    assert "1 differences allowed for 1 reasons, 1 unexplained" in "\n".join(report.lines())


def test_only_known_names_are_filled_in() -> None:
    assert fill({"$patch": "$rv", "k": ["/$ns/a"]}, {"rv": "5", "ns": "n"}) == {"$patch": "5", "k": ["/n/a"]}


def test_kept_lines_alone_are_compared() -> None:
    case = Case("kept", (Kubectl("explain x", keep=r"^FIELD"),))
    one, other = ({"stdout": ["FIELD: a", text], "exit": 0} for text in ("prose", "no prose"))
    assert differences(case, [one], [other]) == []
    assert differences(case, [one], [{"stdout": ["FIELD: b"], "exit": 0}])


def test_the_guard_ends_its_command_when_its_starter_is_gone() -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    guard = subprocess.Popen([sys.executable, str(GUARD), *sleeper], stdin=subprocess.PIPE)
    assert guard.stdin is not None
    watched = psutil.Process(guard.pid)
    deadline = time.monotonic() + 10
    while not (children := watched.children()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert children, "the command was never started"
    guard.stdin.close()  # what the system does when the starter dies, however it dies
    assert guard.wait(10) != 0
    gone, alive = psutil.wait_procs(children, 10)
    assert gone and not alive
