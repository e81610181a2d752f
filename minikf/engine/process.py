"""Processes told apart from their pids' later owners, and ended with certainty.

A pid alone is not an identity: the kernel gives it away again. A process is its pid *and* its start time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    """One process. `started` is an opaque text that never changes in its life and differs for a later owner of
    its pid."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return self.started != "" and start_time(self.pid) == self.started

    def signal(self, number: int) -> bool:
        """Sends it a signal; False when it is gone already."""
        if not self.alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    def wait(self, seconds: float) -> bool:
        """Whether it ended within `seconds`."""
        deadline = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def start_time(pid: int) -> str:
    """When the process `pid` started, or "" when there is none (a zombie has ended).

    On Linux field 22 of /proc/PID/stat (proc_pid_stat(5)): ticks since boot, so that a stepped clock changes
    nothing; together with the boot's id, since ticks start anew at each boot.
    """
    if pid <= 0:
        return ""
    if sys.platform == "linux":
        try:
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return ""
        fields = text[text.rindex(")") + 2 :].split()  # the name before ')' may hold spaces
        return "" if fields[0] in "ZX" else f"{fields[19]}@{_boot_id()}"
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return "" if len(answer) < 2 or answer[0].startswith("Z") else answer[1].strip()


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def of(pid: int) -> Process:
    """The process that has `pid` now."""
    return Process(pid, start_time(pid))


def marked(marks: Mapping[str, Collection[str]]) -> list[Process]:
    """This user's processes, oldest first, whose environment has a variable of `marks` with one of its values."""
    import psutil  # loaded by `stop` and `down` only: it costs 30 ms

    found = []
    for candidate in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            variables = candidate.environ() if candidate.pid != os.getpid() else {}
            if any(variables.get(name) in values for name, values in marks.items()):
                found.append((candidate.create_time(), of(candidate.pid)))
    return [process for _, process in sorted(found, key=lambda pair: pair[0]) if process.started]


def runs_module(process: Process, module: str) -> bool:
    """Whether it was started as `python -m module`."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        return module in psutil.Process(process.pid).cmdline() and process.alive
    return False


def end_all(processes: Iterable[Process], grace_seconds: float) -> list[Process]:
    """Ends them: SIGTERM to all, and SIGKILL to what is left after the grace. Returns what still lives."""
    left = [process for process in processes if process.signal(signal.SIGTERM)]
    deadline = time.monotonic() + grace_seconds
    left = [process for process in left if not process.wait(max(0.0, deadline - time.monotonic()))]
    for process in left:
        process.signal(signal.SIGKILL)
    return [process for process in left if not process.wait(5.0)]
