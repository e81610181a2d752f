"""Processes told apart by pid and start time, and ended with certainty."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from minikf.engine.process import Process, end_all, marked, of, runs_module, start_time


def sleeper(program: str = "import time; time.sleep(60)", **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program], env=os.environ | variables, stdout=subprocess.PIPE)


def test_a_start_time_stays_and_is_empty_after_the_end() -> None:
    with sleeper() as child:
        first = start_time(child.pid)
        time.sleep(0.05)
        assert first and start_time(child.pid) == first
        process = of(child.pid)
        assert process.alive
        child.kill()
        assert process.wait(5)  # still a zombie: nobody has waited for it
        assert start_time(child.pid) == ""
    assert not process.alive


def test_another_owner_of_the_pid_is_never_signalled() -> None:
    with sleeper() as child:
        former = Process(child.pid, "1@an-earlier-boot")
        assert not former.alive
        assert not former.signal(signal.SIGKILL)
        assert end_all([former], 0.1) == []
        time.sleep(0.05)
        assert child.poll() is None
        child.kill()


def test_nonsense_pids_have_no_process() -> None:
    assert [start_time(pid) for pid in (-1, 0, 2**30)] == ["", "", ""]
    assert not Process(0, "").alive


def test_what_ignores_sigterm_is_killed() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with sleeper(stubborn) as hard, sleeper("import time; print('up', flush=True); time.sleep(60)") as soft:
        for child in (hard, soft):
            assert child.stdout is not None and child.stdout.readline() == b"up\n"
        assert end_all([of(hard.pid), of(soft.pid)], grace_seconds=0.5) == []
        assert (hard.wait(5), soft.wait(5)) == (-signal.SIGKILL, -signal.SIGTERM)


def test_marks_in_the_environment_find_a_process_and_only_with_the_very_value() -> None:
    with sleeper(MINIKF_STATE="/somewhere/unlikely") as child:
        deadline = time.monotonic() + 5
        while not (found := marked({"MINIKF_STATE": {"/somewhere/unlikely"}})) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [process.pid for process in found] == [child.pid]
        assert marked({"MINIKF_STATE": {"/somewhere"}}) == []
        assert marked({"MINIKF_STATE": set()}) == []
        assert not runs_module(found[0], "minikf.embedded.daemon")
        child.kill()
