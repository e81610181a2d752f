"""How a binary is run: its words, its failure, its silence, its secrets, and its end with ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from minikf.engine.clusters import run as module
from minikf.engine.clusters.kind import Kind
from minikf.engine.clusters.run import ToolFailed, run
from minikf.engine.clusters.tool import Invocation
from minikf.engine.lock import acquire, held
from minikf.engine.process import of
from minikf.errors import NoProgress
from minikf.paths import PlatformPaths
from minikf.spec import Event


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return PlatformPaths.of("test")


def ended(steps: Generator[Event, None, str]) -> tuple[list[Event], str]:
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def program(text: str, secret: bool = False) -> Invocation:
    return Invocation((sys.executable, "-c", text), {"TOLD": "x"}, secret=secret)


def lock(paths: PlatformPaths) -> int:
    steps = acquire(paths, 1)
    try:
        next(steps)
    except StopIteration as end:
        return int(end.value)
    raise AssertionError("somebody has the lock")


SPEAKS = "import os, sys; print(os.environ['TOLD']); print(' \u2022 Preparing nodes ...', file=sys.stderr)"


def test_its_words_are_events_and_its_log_has_all(paths: PlatformPaths) -> None:
    with held(lock(paths)) as handle:
        events, output = ended(run(program(SPEAKS), Kind(), paths.state / "kind.log", handle))
    assert [(event.what, event.message) for event in events] == [("kind", "Preparing nodes")]
    assert output == "x\n"
    log = (paths.state / "kind.log").read_text()
    assert "Preparing nodes" in log and "x\n" in log and "exit code 0" in log


def test_a_secret_is_returned_and_written_down_nowhere(paths: PlatformPaths) -> None:
    with held(lock(paths)) as handle:
        _, output = ended(
            run(program("print('client-key-data: aGk=')", secret=True), Kind(), paths.state / "l", handle)
        )
    assert "aGk=" in output and "aGk=" not in (paths.state / "l").read_text().split("\n", 1)[1]


def test_a_failure_has_its_last_lines_and_the_log(paths: PlatformPaths) -> None:
    fails = "import sys; print('ERROR: it broke', file=sys.stderr); sys.exit(3)"
    with held(lock(paths)) as handle, pytest.raises(ToolFailed) as caught:
        ended(run(program(fails), Kind(), paths.state / "kind.log", handle))
    assert "exit code 3" in caught.value.message and "ERROR: it broke" in caught.value.cause
    assert str(paths.state / "kind.log") in caught.value.advice


def test_silence_is_a_failure_that_quotes_the_last_words(paths: PlatformPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 1.0)
    hangs = "import sys, time; print('Starting control-plane', file=sys.stderr, flush=True); time.sleep(60)"
    with held(lock(paths)) as handle, pytest.raises(NoProgress) as caught:
        ended(run(program(hangs), Kind(), paths.state / "kind.log", handle))
    assert "Starting control-plane" in caught.value.cause


def test_it_ends_with_whoever_stops_listening(paths: PlatformPaths) -> None:
    says = "import os, sys, time; print(f' \u2022 {os.getpid()} works', file=sys.stderr, flush=True); time.sleep(60)"
    with held(lock(paths)) as handle:
        steps = run(program(says), Kind(), paths.state / "kind.log", handle)
        process = of(int(next(steps).message.split()[0]))
        assert process.alive and process.pid != os.getpid()
        steps.close()
        assert not process.alive
