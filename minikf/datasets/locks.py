"""Who may do what at the same time: any number add and check out; clean-up waits until nobody does.

Locks are flock(2): the death of the holder gives them back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from minikf.errors import NoProgress
from minikf.files import make_folder, readable_failures

PATIENCE_SECONDS = 90.0
_PAUSE = 0.02


@contextlib.contextmanager
def using(root: Path) -> Iterator[None]:
    """Content that is stored stays, until the end."""
    with _lock(root / "content.lock", fcntl.LOCK_SH, "a clean-up"):
        yield


@contextlib.contextmanager
def cleaning(root: Path) -> Iterator[None]:
    """Nobody adds or checks out."""
    with _lock(root / "content.lock", fcntl.LOCK_EX, "a program that adds or checks out"):
        yield


@contextlib.contextmanager
def recording(root: Path) -> Iterator[None]:
    """The records are ours to change; held for moments only."""
    with _lock(root / "records.lock", fcntl.LOCK_EX, "a program that writes records"):
        yield


@contextlib.contextmanager
def _lock(file: Path, how: int, who: str) -> Iterator[None]:
    make_folder(file.parent)
    with readable_failures(file):
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _try(handle, how):
            if time.monotonic() >= deadline:
                raise NoProgress(
                    f"{who} has held the data sets for {PATIENCE_SECONDS:.0f} seconds",
                    cause=f"it holds {file}",
                    advice=f"wait for it, or see what it is: fuser '{file}'",
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _try(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
