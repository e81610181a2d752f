"""What the lab keeps outside the checkout: where, one builder at a time, and no byte that changed since it was made."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

Say = Callable[[str], None]


class Unavailable(Exception):
    """Something of the lab cannot be had here; the message says why and what would change that."""


def base() -> Path:
    """The lab's cache: `MINIKF_LAB_CACHE`, or ~/.cache/minikf-lab."""
    return Path(os.environ.get("MINIKF_LAB_CACHE") or "~/.cache/minikf-lab").expanduser().resolve()


@contextlib.contextmanager
def alone(folder: Path, say: Say) -> Iterator[None]:
    """One builder at a time in this folder: the second waits and then finds everything done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another build is running in {folder}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A temporary folder on the same disk. Call it with the lock held: it removes those that a killed builder left."""
    for old in folder.glob(".part-*"):
        shutil.rmtree(old)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
        yield Path(part)


def put(made: Path, place: Path) -> None:
    """Moves a finished file to its place, its checksum first: what lies there without a true one was cut off."""
    text = f"{_sha256(made)}  {place.name}\n"
    sums = _sums(place)
    part = sums.with_suffix(".part")
    part.write_text(text)
    part.replace(sums)
    made.replace(place)


def sound(place: Path, say: Say) -> bool:
    """Whether the file is there and is what was put there, byte for byte; says so when it has changed."""
    try:
        wanted = _sums(place).read_text().split()[:1]
        found = _sha256(place)
    except FileNotFoundError:
        return False
    if wanted == [found]:
        return True
    say(f"{place} is damaged: its sha256 is {found}, not {' '.join(wanted)}; it is made again")
    return False


def _sums(place: Path) -> Path:
    return place.with_name(f"{place.name}.sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
