"""Starts the embedded engine's daemon as a process of its own and waits until it serves."""

from __future__ import annotations

import socket
import subprocess
import time

from minikf import __version__, logfile
from minikf.commands import command
from minikf.engine.background import launch
from minikf.engine.process import of
from minikf.engine.protocol import Steps
from minikf.engine.record import Daemon
from minikf.errors import Unreachable
from minikf.kube.health import is_ready
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event

MODULE = "minikf.embedded.daemon"
STATE_VARIABLE = "MINIKF_STATE"
"""In the environment of the daemon and of all it starts: the platform's state folder, to find strays by."""

READY_SECONDS = 60.0
POLL_SECONDS = 0.02
LOG_LINES_SHOWN = 12


def start_daemon(paths: PlatformPaths, access: Access, listener: socket.socket) -> Steps[Daemon]:
    """Spawns the daemon with the socket that it is to serve on, records it, and waits for `/readyz`.

    The listener is closed here once the daemon has it, so that it goes with the daemon. Raises Unreachable with the
    end of its log when it ends or does not answer within READY_SECONDS.
    """
    before = _size(paths)
    with listener:
        process = _spawn(paths, listener)
    daemon = Daemon(process.pid, of(process.pid).started, access.server, __version__).write(paths)
    yield Event("daemon", "started", f"starting the daemon (process {process.pid})")
    deadline = time.monotonic() + READY_SECONDS
    why = ""
    while time.monotonic() < deadline:
        code = process.poll()
        if code is not None:
            raise (yield from _failure(paths, before, f"it ended with {_ending(code)}"))
        if access.ca.exists() and paths.token.exists():
            ready, why = is_ready(access)
            if ready:
                yield Event("daemon", "done", f"the API answers at {access.server}")
                return daemon
        time.sleep(POLL_SECONDS)
    process.kill()
    process.wait()
    raise (yield from _failure(paths, before, f"it was not ready after {READY_SECONDS:.0f} seconds: {why}"))


def _spawn(paths: PlatformPaths, listener: socket.socket) -> subprocess.Popen[bytes]:
    words = (MODULE, "--platform", paths.name, "--listener", str(listener.fileno()))
    return launch(words, paths.state, paths.daemon_log, STATE_VARIABLE, [listener.fileno()])


def _failure(paths: PlatformPaths, since: int, why: str) -> Steps[Unreachable]:
    paths.daemon_file.unlink(missing_ok=True)
    lines = logfile.tail(paths.daemon_log, LOG_LINES_SHOWN, since)
    quoted = "".join(f"\n    {line}" for line in lines)
    cause = f"{why}; the end of {paths.daemon_log}:{quoted}" if lines else f"{why}; it wrote nothing to its log"
    yield Event("daemon", "failed", "the daemon did not start", cause=cause)
    return Unreachable(
        f"the daemon of platform '{paths.name}' did not start",
        cause=cause,
        advice=command("logs daemon", paths.name),
    )


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _size(paths: PlatformPaths) -> int:
    try:
        return paths.daemon_log.stat().st_size
    except OSError:
        return 0
