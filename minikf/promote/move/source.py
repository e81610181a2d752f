"""Reads what is to be copied: which files, how large, and their checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from minikf.promote.move.errors import SourceChanged, SourceUnreadable
from minikf.promote.move.model import Piece, Source

BLOCK = 8 << 20
"""Bytes that are read at once, and of a part of an upload: S3 wants 5 MiB at least (its user guide, "Amazon S3
multipart upload limits"), and larger ones only cost memory."""

_THREADS = 4
Heard = Callable[[int], None]


def read(path: Path, sha256: str, heard: Heard = lambda _: None) -> Source:
    """The file or folder at `path`. `heard` is told bytes as they are read, from several threads.

    With a known `sha256` a single file is not read here: its checksum is compared as it is sent, before the store is
    told to keep it. Raises SourceChanged, SourceUnreadable, and what `heard` raises.
    """
    if not path.is_dir():
        size, found = _size(path), sha256 or _sum(path, heard)
        return Source((Piece("", path, size, found),), found, False)
    names = sorted((one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file()), key=str.encode)
    if not names:
        raise SourceUnreadable(f"{path} holds no file", cause="an object store keeps no empty folders")
    for name in names:
        if not name.isprintable() or "\\" in name:
            raise SourceUnreadable(
                f"{path} holds a file that a store cannot name",
                cause=ascii(name),
                advice="rename it, and make the model or the data version again",
            )
    with ThreadPoolExecutor(_THREADS) as threads:
        sums = list(threads.map(lambda name: _sum(path / name, heard), names))
    pieces = tuple(Piece(name, path / name, _size(path / name), of) for name, of in zip(names, sums, strict=True))
    whole = hashlib.sha256("".join(f"{piece.sha256}  {piece.name}\n" for piece in pieces).encode()).hexdigest()
    if sha256 and whole != sha256:
        raise changed(path, sha256, whole)
    return Source(pieces, whole, True)


def blocks(path: Path, size: int = BLOCK) -> Iterator[bytes]:
    """The content of a file. Raises SourceUnreadable."""
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(size):
                while len(block) < size and (more := file.read(size - len(block))):
                    block += more
                yield block
    except OSError as error:
        raise _unreadable(path, error) from error


def changed(path: Path, wanted: str, found: str) -> SourceChanged:
    return SourceChanged(
        f"{path} is not what was to be copied",
        cause=f"its sha256 is {found}; {wanted} was recorded",
        advice="make the model or the data version again, then promote that one",
    )


def _sum(path: Path, heard: Heard = lambda _: None) -> str:
    hashed = hashlib.sha256()
    for block in blocks(path, 1 << 20):
        hashed.update(block)
        heard(len(block))
    return hashed.hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> SourceUnreadable:
    return SourceUnreadable(
        f"{path} cannot be read", cause=error.strerror or str(error), advice=f"ls -l {path}; look at the disk"
    )
