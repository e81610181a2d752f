"""Runs a command beside a container and waits for it: hooks and exec probes."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from dataclasses import dataclass

from minikf.embedded.forkserver.client import CannotStart, NotServing
from minikf.embedded.pods.ending import ask
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import Attempt

# As much of a probe's output as kubelet keeps for the event.
OUTPUT_LIMIT = 1024


@dataclass(frozen=True)
class Outcome:
    """`code` is -1 when the command could not be started or was ended by its time limit; `output` says so then."""

    code: int
    output: str


async def run_command(host: Host, attempt: Attempt, pid: int, argv: list[str], seconds: float) -> Outcome:
    """Runs `argv` for at most `seconds` in the surroundings of the container whose leader is `pid`."""
    with tempfile.TemporaryFile() as output:
        empty = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            process = await host.run_beside(attempt, pid, argv, [empty, output.fileno(), output.fileno()])
        except (NotServing, CannotStart) as error:
            return Outcome(-1, str(error))
        finally:
            os.close(empty)
        try:
            # Not wait_for: before Python 3.12 it can lose a cancellation that comes together with the result.
            async with asyncio.timeout(seconds):
                ended = await process.wait()
        except TimeoutError:
            return Outcome(-1, f"command timed out: {argv!r} timed out after {seconds:g}s")
        finally:
            process.close()
            ask(process.pid, signal.SIGKILL)
        output.seek(0)
        text = output.read(OUTPUT_LIMIT).decode(errors="replace").strip()
        if ended is None:
            return Outcome(-1, "how the command ended is not known")
        return Outcome(128 + ended.signal if ended.signal else ended.code, text)
