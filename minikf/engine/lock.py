"""One `up`, `stop` or `down` of a platform at a time, whoever started it and however it ended."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Generator
from pathlib import Path

from minikf.engine.process import Process, end_all, of
from minikf.errors import NoProgress
from minikf.files import make_folder, readable_failures
from minikf.paths import PlatformPaths
from minikf.spec import Event

PATIENCE_SECONDS = 90.0
GRACE_SECONDS = 10.0
_POLL_SECONDS = 0.05

HOLDER = "holder"
HELPER = "helper"


@contextlib.contextmanager
def held(handle: int) -> Generator[int, None, None]:
    """Closes the lock's file at the end, which gives the lock back (flock(2)); so does the death of the holder.

    What it yields is the open file: a process that inherits it keeps the lock as long as it lives.
    """
    try:
        yield handle
    finally:
        os.close(handle)


def lend(handle: int, pid: int) -> None:
    """Writes down that the process `pid` has inherited the lock: without its parent it may be ended."""
    _write(handle, {HOLDER: of(os.getpid()), HELPER: of(pid)})


def acquire(paths: PlatformPaths, patience: float = PATIENCE_SECONDS) -> Generator[Event, None, int]:
    """Waits for the platform's lock and returns its open file for `held`.

    A helper that holds it although the command that started it was killed is ended. Raises Refused where the lock
    cannot be made, and NoProgress when another command holds it for `patience` seconds.
    """
    make_folder(paths.state)
    file = paths.state / "lock"
    deadline = time.monotonic() + patience
    waited = False
    while True:
        handle = _try(file)
        if handle is not None:
            _write(handle, {HOLDER: of(os.getpid())})
            return handle
        holder, helper = _read(file)
        if helper is not None and helper.alive and holder is not None and not holder.alive:
            yield Event("lock", "progress", f"ending process {helper.pid}, which a command that was killed has left")
            end_all([helper], GRACE_SECONDS)
            continue
        who = f" (process {holder.pid})" if holder is not None and holder.alive else ""
        if not waited:
            waited = True
            yield Event("lock", "progress", f"another minikf command{who} works on this platform; waiting for it")
        if time.monotonic() >= deadline:
            raise NoProgress(
                f"another minikf command{who} has held platform '{paths.name}' for {patience:.0f} seconds",
                cause=f"it holds {file}",
                advice=f"end that command, or see what holds the file: fuser '{file}'",
            )
        time.sleep(_POLL_SECONDS)


def _try(file: Path) -> int | None:
    """The open file with the lock, or None where another has it."""
    with readable_failures(file):
        make_folder(file.parent)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _same(handle, file):
            return handle
    except BlockingIOError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _same(handle: int, file: Path) -> bool:
    """Whether the open file is still the one of that name: `down` removes it with the platform."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _write(handle: int, processes: dict[str, Process]) -> None:
    text = json.dumps({name: [one.pid, one.started] for name, one in processes.items()}).encode()
    with contextlib.suppress(OSError):  # a full disk: who holds the lock is then not told
        os.ftruncate(handle, 0)
        os.pwrite(handle, text, 0)


def _read(file: Path) -> tuple[Process | None, Process | None]:
    """The command that has the lock and the helper that it was lent to, as far as it is written down."""
    try:
        found = json.loads(file.read_text())
        holder, helper = (Process(*found[name]) if name in found else None for name in (HOLDER, HELPER))
    except (OSError, ValueError, TypeError):
        return None, None
    return holder, helper
