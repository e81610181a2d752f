"""Runs one of the two binaries: its output is progress, its last lines are the cause of its failure."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minikf import logfile
from minikf.engine.clusters.tool import Invocation, Tool, plain, without_colours
from minikf.engine.lock import lend
from minikf.engine.protocol import Steps
from minikf.errors import NoProgress, WorkFailed
from minikf.spec import Event

# What k3d and kind do between two lines of their output: start a control plane, or pull an image of a gigabyte.
SILENCE_SECONDS = 600.0
END_SECONDS = 10.0
LINES_SHOWN = 12


class ToolFailed(WorkFailed):
    """A binary ended with another exit code than 0; `output` holds its last lines."""

    def __init__(self, message: str, output: str, log: Path) -> None:
        super().__init__(message, cause=f"{output}\n    all of it is in {log}", advice=f"less '{log}'")
        self.output = output


def run(invocation: Invocation, tool: Tool, log: Path, lock: int) -> Steps[str]:
    """Runs it to its end and returns its standard output. What it tells on the way are events of the tool.

    It inherits the platform's lock: where this process is killed, whoever works on the platform next ends the binary
    first. Raises ToolFailed, and NoProgress after SILENCE_SECONDS without a line.
    """
    lines: list[str] = []
    output: queue.Queue[str | None] = queue.Queue()
    answer: list[str] = []
    with _started(invocation, lock) as process:
        threads = [
            threading.Thread(target=_lines, args=(process.stdout, output, answer), daemon=True),
            threading.Thread(target=_lines, args=(process.stderr, output, []), daemon=True),
        ]
        for thread in threads:
            thread.start()
        open_streams = len(threads)
        while open_streams:
            line = _next(output, lines, tool.name)
            if line is None:
                open_streams -= 1
                continue
            if invocation.secret and line in answer:
                continue
            lines.append(line)
            if message := tool.told(line):
                yield Event(tool.name, "progress", message)
        code = process.wait()
    _note(log, invocation, lines, code)
    if code:
        last = "\n    ".join(filter(None, (without_colours(line).strip() for line in lines[-LINES_SHOWN:])))
        yield Event(tool.name, "failed", f"{Path(invocation.command[0]).name} ended with exit code {code}", cause=last)
        raise ToolFailed(f"{' '.join(_shown(invocation))} ended with exit code {code}", last, log)
    return "\n".join(answer) + "\n"


@contextmanager
def _started(invocation: Invocation, lock: int) -> Iterator[subprocess.Popen[str]]:
    """Ends the process where the block is left before it ended by itself: Ctrl-C reaches only us."""
    process = subprocess.Popen(
        invocation.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | dict(invocation.environment),
        pass_fds=[lock],
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        lend(lock, process.pid)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _lines(stream: Iterator[str], output: queue.Queue[str | None], kept: list[str]) -> None:
    for line in stream:
        kept.append(line.rstrip("\n"))
        output.put(kept[-1])
    output.put(None)


def _next(output: queue.Queue[str | None], lines: list[str], what: str) -> str | None:
    try:
        return output.get(timeout=SILENCE_SECONDS)
    except queue.Empty:
        raise NoProgress(
            f"{what} has said nothing for {SILENCE_SECONDS:.0f} seconds",
            cause=f"the last that it said: {plain(lines[-1]) if lines else 'nothing at all'}",
            advice="docker ps; docker logs of the node's container",
        ) from None


def _shown(invocation: Invocation) -> list[str]:
    return [Path(invocation.command[0]).name, *invocation.command[1:3]]


def _note(log: Path, invocation: Invocation, lines: list[str], code: int) -> None:
    handle = logfile.open_for_append(log)
    with os.fdopen(handle, "a") as file:
        file.write("".join(f"{line}\n" for line in (f"$ {' '.join(invocation.command)}", *lines, f"exit code {code}")))
