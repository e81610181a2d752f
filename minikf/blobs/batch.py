"""Many files that become durable together.

A disk that is asked to sync one small file after the other does nothing but wait. So the copies are written first,
then synced side by side (a file system's journal takes what waits at the same time in one commit), then revealed, and
each folder is synced once. Until `close` has returned, nothing is promised; after it, everything is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from minikf.blobs.disk import sync_file, sync_folder

T = TypeVar("T")

# How many fsync calls wait for the disk at the same time.
_SYNCERS = 16
# What may wait for its sync: bounds what a kill leaves behind, and how much the system has to write at once.
_MOST_FILES = 1024
_MOST_BYTES = 128 << 20


class Batch:
    """Copies that wait for their sync, by the place that each is for."""

    def __init__(self) -> None:
        self._copies: dict[Path, Path] = {}
        self._size = 0
        self._folders: set[Path] = set()

    def __contains__(self, place: Path) -> bool:
        return place in self._copies

    def relies_on(self, place: Path) -> None:
        """A file that is in its place already: another program may have put it there a moment ago, unsynced."""
        self._folders.add(place.parent)

    def add(self, copy: Path, place: Path, size: int) -> None:
        """A complete copy of `size` bytes, for `place`. Raises OSError as syncing does where many are waiting."""
        self._copies[place] = copy
        self._size += size
        if len(self._copies) >= _MOST_FILES or self._size >= _MOST_BYTES:
            self._reveal()

    def close(self) -> None:
        """Waits until all of it is on the disk. Raises OSError; then what was revealed is whole all the same."""
        self._reveal()
        _side_by_side(sync_folder, self._folders)
        self._folders = set()

    def abandon(self) -> None:
        """Removes the copies that were not revealed."""
        for copy in self._copies.values():
            copy.unlink(missing_ok=True)
        self._copies = {}

    def _reveal(self) -> None:
        _side_by_side(_sync, self._copies.values())
        made = {place.parent for place in self._copies} - self._folders
        roots = set()
        for folder in made:
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                roots |= {folder.parent, folder.parent.parent}
        for place, copy in self._copies.items():
            copy.replace(place)
        self._copies, self._size = {}, 0
        self._folders |= made | roots


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)


def _side_by_side(work: Callable[[Path], None], paths: Iterable[Path]) -> None:
    """Does it for each path. Raises what any of them raised."""
    waiting = list(paths)
    if len(waiting) < 2:  # a thread is no help for one
        for path in waiting:
            work(path)
        return
    with ThreadPoolExecutor(_SYNCERS) as pool:
        list(pool.map(work, waiting))
