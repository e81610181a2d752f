"""Writes that outlast a power cut."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

# macOS: fsync alone leaves the data in the drive's cache.
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def sync_file(descriptor: int) -> None:
    """Waits until what was written to an open file is on the disk."""
    if _FULL_SYNC is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, _FULL_SYNC)


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, so that a rename outlasts a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
