"""One `up`, `stop` or `down` of a platform at a time, whoever started it and however it ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Generator

from minikf.errors import NoProgress
from minikf.files import make_folder, readable_failures
from minikf.paths import PlatformPaths
from minikf.spec import Event

PATIENCE_SECONDS = 90.0


@contextlib.contextmanager
def held(handle: int) -> Generator[int, None, None]:
    """Closes the lock's file at the end, which gives the lock back (flock(2)); so does the death of the holder.

    What it yields is the open file: a process that inherits it keeps the lock as long as it lives.
    """
    try:
        yield handle
    finally:
        os.close(handle)


def acquire(paths: PlatformPaths, patience: float = PATIENCE_SECONDS) -> Generator[Event, None, int]:
    """Waits for the platform's lock and returns its open file for `held`.

    Raises Refused where the lock cannot be made and NoProgress when another holds it for `patience` seconds.
    """
    make_folder(paths.state)
    file = paths.state / "lock"
    with readable_failures(file):
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + patience
        waited = False
        while not _try(handle):
            if not waited:
                waited = True
                yield Event("lock", "progress", "another minikf command works on this platform; waiting for it")
            if time.monotonic() >= deadline:
                raise NoProgress(
                    f"another minikf command has held platform '{paths.name}' for {patience:.0f} seconds",
                    cause=f"it holds {file}",
                    advice=f"end that command, or see what holds the file: fuser '{file}'",
                )
            time.sleep(0.05)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
