"""What is moved and what came of it, as frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Piece:
    """One file to be copied. `name` is its path below the address with slashes, "" where the address is the file's
    own; `sha256` is that of its content in hexadecimal digits; `size` is in bytes."""

    name: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """A file or a folder as it was read: its pieces by name, and the checksum that `minikf.promote.models` gives it."""

    pieces: tuple[Piece, ...]
    sha256: str
    folder: bool

    @property
    def bytes(self) -> int:
        return sum(piece.size for piece in self.pieces)


@dataclass(frozen=True)
class Copied:
    """What stands at `to` now: `bytes` in all, of which `skipped` bytes were there already, with the right checksum.

    `files` counts the objects, `sha256` is the whole content's, and `etag` the store's word for a single object, ""
    for a folder or where the store has none.
    """

    to: str
    bytes: int
    skipped: int
    files: int
    sha256: str
    etag: str = ""
