"""Unpacks archives without trusting them: no links, no devices, nothing outside the folder, a bound on all sizes.

Python's own `filter="data"` renames and skips; here an archive that tries is refused as a whole.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from minikf.embedded.storage.errors import FetchFailed

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
MOST_FILES = 100_000
_CHUNK = 1 << 20


def is_archive(name: str) -> bool:
    """By its name, as KServe's storage initializer decides."""
    return name.lower().endswith(SUFFIXES)


def unpack(archive: Path, name: str, target: Path, limit: int) -> None:
    """Unpacks into the folder `target`, which must be new; at most `limit` bytes. Raises FetchFailed."""
    target.mkdir()
    with _readable(name):
        if name.lower().endswith(".zip"):
            _unzip(archive, name, target, limit)
        else:
            _untar(archive, name, target, limit)


def _untar(archive: Path, name: str, target: Path, limit: int) -> None:
    with tarfile.open(archive, "r:*") as tar:
        budget = _Budget(name, limit)
        for member in tar:
            path = _inside(target, member.name, name)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                source = tar.extractfile(member)
                assert source is not None
                _write(source, path, member.name, budget)
            else:
                raise _refused(name, f"'{member.name}' is a link or a device")


def _unzip(archive: Path, name: str, target: Path, limit: int) -> None:
    with zipfile.ZipFile(archive) as packed:
        budget = _Budget(name, limit)
        for member in packed.infolist():
            path = _inside(target, member.filename, name)
            mode = member.external_attr >> 16
            if member.is_dir():
                path.mkdir(parents=True, exist_ok=True)
            elif mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
                raise _refused(name, f"'{member.filename}' is a link or a device")
            else:
                with packed.open(member) as source:
                    _write(source, path, member.filename, budget)


class _Budget:
    """Counts what really comes out, since the sizes in an archive's headers may lie."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._bytes = 0
        self._files = 0

    def file(self) -> None:
        self._files += 1
        if self._files > MOST_FILES:
            raise _refused(self._name, f"it holds more than {MOST_FILES:,} files")

    def spend(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limit:
            raise _refused(self._name, f"it unpacks to more than {self._limit:,} bytes")


def _inside(target: Path, member: str, name: str) -> Path:
    parts = PurePosixPath(member.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or "\0" in member or (parts.parts and ":" in parts.parts[0]):
        raise _refused(name, f"'{member}' would be unpacked outside of the model's folder")
    return target.joinpath(*parts.parts)


def _write(source: IO[bytes], path: Path, member: str, budget: _Budget) -> None:
    budget.file()
    # "x": a second member of the same name could otherwise write through what the first has made.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            while chunk := source.read(_CHUNK):
                budget.spend(len(chunk))
                out.write(chunk)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise FetchFailed("the archive holds a file twice", cause=member) from error


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError) as error:
        # RuntimeError: an encrypted zip file.
        raise FetchFailed(
            f"the archive {name} cannot be unpacked",
            cause=str(error) or "it ends in the middle",
            advice="download it again and compare its sha256",
        ) from error
    except OSError as error:  # no room, a name that is too long
        raise FetchFailed(f"the archive {name} cannot be unpacked", cause=error.strerror or str(error)) from error


def _refused(name: str, cause: str) -> FetchFailed:
    return FetchFailed(f"the archive {name} is refused", cause=cause, advice="pack the model's files again, plainly")
