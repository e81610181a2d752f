"""A folder's content as bytes, so that equal folders have equal hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TreeFile:
    """A file in a folder: its POSIX path relative to it, SHA-256 in hex, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Tree:
    """A folder's content; empty folders count, modes and times do not."""

    folders: tuple[str, ...]
    files: tuple[TreeFile, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(manifest(self)).hexdigest()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def manifest(tree: Tree) -> bytes:
    """One line for each folder and file, sorted by name.

    A name is preceded by its length in bytes, so that no name can imitate another line.
    """
    lines = [(os.fsencode(name), b"folder") for name in tree.folders]
    lines += [(os.fsencode(f.name), f"file {f.sha256} {f.size}".encode()) for f in tree.files]
    return b"".join(_lines(sorted(lines)))


def _lines(entries: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    for name, what in entries:
        yield b"%s %d:%s\n" % (what, len(name), name)
