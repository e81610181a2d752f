"""The daemon's log file: never larger than two times LIMIT_BYTES, and quoted when a start fails."""

from __future__ import annotations

import os
from pathlib import Path

from minikf.files import make_folder, readable_failures

LIMIT_BYTES = 8 * 1024 * 1024


def open_for_append(path: Path) -> int:
    """A descriptor for the daemon's stdout and stderr, after `rotate`."""
    make_folder(path.parent)
    with readable_failures(path):
        rotate(path)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(path: Path, limit: int = LIMIT_BYTES) -> bool:
    """Moves what a too large log holds to `<name>.1` and empties it in place, so that the process that appends to
    it goes on. What is written between copy and cut is lost; a log is no record of results."""
    try:
        if path.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    kept = path.with_name(path.name + ".1")
    with path.open("rb") as source, kept.open("wb") as target:
        source.seek(-limit, os.SEEK_END)
        target.write(source.read(limit))
    os.truncate(path, 0)
    return True


def tail(path: Path, lines: int, since: int = 0) -> list[str]:
    """The last `lines` lines written after byte `since`; empty where there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(since if since <= size else 0, size - 64 * 1024)
            file.seek(start)
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
