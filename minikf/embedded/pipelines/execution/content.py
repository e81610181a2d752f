"""What an artifact holds: a SHA-256 and a size, of a file or of a folder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Content:
    """`size` in bytes, of all files together."""

    sha256: str
    size: int


def content_of(path: Path) -> Content | None:
    """The content at `path`, None when there is nothing. Raises OSError when it cannot be read.

    A folder's hash is that of one line `<sha256> <relative path>` for each file, sorted by path; a link to a folder
    inside a folder counts as its target's text, so that no cycle is followed.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        return None
    return _file(path)


def size_of(path: Path) -> int | None:
    """The size of what lies at `path`, None when there is nothing: the quick look before a cached result is used."""
    try:
        if path.is_dir():
            return sum(file.lstat().st_size if file.is_symlink() else file.stat().st_size for file in _files(path))
        return path.stat().st_size
    except OSError:
        return None


def local(uri: str) -> Path | None:
    """The local path that a URI names, None for one of another scheme."""
    if uri.startswith("file://"):
        return Path(uri.removeprefix("file://"))
    return Path(uri) if uri.startswith("/") else None


def _file(path: Path) -> Content:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Content(digest.hexdigest(), size)


def _folder(path: Path) -> Content:
    digest = hashlib.sha256()
    size = 0
    for file in _files(path):
        found = _link(file) if file.is_symlink() else _file(file)
        digest.update(f"{found.sha256} {file.relative_to(path)}\n".encode(errors="surrogateescape"))
        size += found.size
    return Content(digest.hexdigest(), size)


def _link(file: Path) -> Content:
    if file.is_file():
        return Content(_file(file).sha256, file.lstat().st_size)
    text = os.fsencode(file.readlink())
    return Content(hashlib.sha256(text).hexdigest(), len(text))


def _files(path: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        found += [here / name for name in folders if (here / name).is_symlink()]
        found += [here / name for name in files if (here / name).is_symlink() or (here / name).is_file()]
    return sorted(found)
