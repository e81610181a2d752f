"""Reading what a user wants stored: regular files only, and nothing that changes under our hands."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from minikf.blobs.errors import NotStorable


@dataclass(frozen=True)
class Listing:
    """A folder's content by POSIX path relative to it: its folders, and where each of its files is read from."""

    folders: tuple[str, ...]
    files: dict[str, Path]


@contextlib.contextmanager
def regular(path: Path) -> Iterator[BinaryIO]:
    """The open file. Raises NotStorable where it is none, cannot be opened, or changed until the end."""
    with readable(path):
        _demand_regular(path, path.stat().st_mode)
        # It could have become a pipe since: without O_NONBLOCK, opening one waits for a writer for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        before = os.fstat(file.fileno())
        _demand_regular(path, before.st_mode)
        yield file
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise NotStorable(
                f"{path} changed while it was stored",
                cause="something still writes to it",
                advice="register the model again when the file is complete",
            )


def listing(folder: Path) -> Listing:
    """All that the folder holds. Links to files are followed, links to folders refused (they may lead in circles).

    Raises NotStorable.
    """
    folders: list[str] = []
    files: dict[str, Path] = {}
    with readable(folder):
        _collect(folder, PurePosixPath(), folders, files)
    return Listing(tuple(sorted(folders)), dict(sorted(files.items())))


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns what the operating system says about a source into NotStorable."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotStorable(f"there is no {error.filename or path}", cause=str(error.strerror)) from error
    except OSError as error:
        raise NotStorable(f"{path} cannot be read", cause=error.strerror or str(error)) from error
    except ValueError as error:  # a path with a NUL
        raise NotStorable(f"{str(path)!r} is no path", cause=str(error)) from error


def _collect(folder: Path, name: PurePosixPath, folders: list[str], files: dict[str, Path]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            inner = name / entry.name
            if entry.is_symlink() and entry.is_dir():
                raise NotStorable(f"{entry.path} is a link to a folder", cause="a stored folder holds files, not links")
            if entry.is_dir():
                folders.append(str(inner))
                _collect(Path(entry.path), inner, folders, files)
            else:
                _demand_regular(Path(entry.path), entry.stat().st_mode)
                files[str(inner)] = Path(entry.path)


def _demand_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotStorable(f"{path} is no file", cause="it is a folder, pipe, socket or device")
