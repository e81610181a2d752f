"""One command at a time works on a platform; the death of its holder gives the lock back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from minikf.engine.lock import acquire, held, lend
from minikf.engine.process import of
from minikf.errors import NoProgress
from minikf.paths import PlatformPaths
from minikf.spec import Event


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return PlatformPaths.of("test")


def take(paths: PlatformPaths, patience: float) -> tuple[list[Event], int]:
    steps = acquire(paths, patience)
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def test_the_second_says_that_it_waits_and_then_goes_on(paths: PlatformPaths) -> None:
    _, first = take(paths, 1)
    release = threading.Timer(0.3, os.close, (first,))
    release.start()
    began = time.monotonic()
    events, second = take(paths, 10)
    assert time.monotonic() - began >= 0.2
    assert [event.state for event in events] == ["progress"]
    release.join()
    with held(second):
        pass


def test_it_gives_up_with_the_name_of_the_file(paths: PlatformPaths) -> None:
    _, first = take(paths, 1)
    with held(first), pytest.raises(NoProgress) as caught:
        take(paths, 0.2)
    assert str(paths.state / "lock") in caught.value.cause


def test_a_killed_holder_holds_nothing(paths: PlatformPaths) -> None:
    program = (
        "import sys, time; from minikf.paths import PlatformPaths; from minikf.engine.lock import acquire\n"
        "steps = acquire(PlatformPaths.of('test'))\n"
        "try: next(steps)\n"
        "except StopIteration as end: kept = end.value\n"
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(NoProgress):
            take(paths, 0.1)
        holder.kill()
        holder.wait()
    _, handle = take(paths, 5)
    with held(handle):
        pass


def test_a_helper_that_a_killed_command_left_is_ended(paths: PlatformPaths) -> None:
    program = (
        "import os, signal, subprocess, sys\n"
        "from minikf.paths import PlatformPaths\n"
        "from minikf.engine.lock import acquire, lend\n"
        "steps = acquire(PlatformPaths.of('test'))\n"
        "try: next(steps)\n"
        "except StopIteration as end: kept = end.value\n"
        "child = subprocess.Popen(['sleep', '60'], pass_fds=[kept], stdout=subprocess.DEVNULL)\n"
        "lend(kept, child.pid)\n"
        "print(child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False)
    helper = of(int(killed.stdout))
    assert killed.returncode == -signal.SIGKILL and helper.alive
    events, handle = take(paths, 20)
    with held(handle):
        assert not helper.alive
        assert any(str(helper.pid) in event.message for event in events)


def test_a_helper_of_a_command_at_work_is_left_alone(paths: PlatformPaths) -> None:
    _, first = take(paths, 1)
    with held(first), subprocess.Popen(["sleep", "60"]) as helper:
        lend(first, helper.pid)
        with pytest.raises(NoProgress):
            take(paths, 0.3)
        assert helper.poll() is None
        helper.kill()


def test_a_lock_that_was_removed_with_its_platform_holds_nobody(paths: PlatformPaths) -> None:
    _, first = take(paths, 1)
    found: list[int] = []
    waiter = threading.Thread(target=lambda: found.append(take(paths, 10)[1]))
    waiter.start()
    time.sleep(0.2)
    (paths.state / "lock").unlink()  # as `down` does while others wait
    os.close(first)
    waiter.join(10)
    with held(found[0]), pytest.raises(NoProgress):
        take(paths, 0.2)
