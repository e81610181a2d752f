"""From the paths that a user names to the files of a version. Nothing is followed, nothing is guessed.

One folder gives its content; anything else stands in the version under its own name.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minikf.datasets.errors import DatasetRefused

# NAME_MAX of Linux' and macOS' usual file systems; what is longer could not be checked out everywhere.
_LONGEST_NAME = 255


@dataclass
class Sources:
    """Where each file of the version is read from, and the folders that hold nothing."""

    files: dict[str, Path] = field(default_factory=dict)
    empty_folders: list[str] = field(default_factory=list)
    _folded: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, source: Path) -> None:
        """Raises DatasetRefused where another path stands under this name on some file system."""
        folded = unicodedata.normalize("NFC", name).casefold()
        other = self._folded.setdefault(folded, name)
        if other != name:
            raise DatasetRefused(
                f"{source} cannot be added beside {other!r}",
                cause="the two names differ in upper and lower case or in how accents are written only; on macOS "
                "they are one file",
                advice="rename one of them",
            )
        if name in self.files or name in self.empty_folders:
            raise DatasetRefused(
                f"{source} cannot be added twice",
                cause=f"another of the paths is called {name!r} as well",
                advice="add the folder that holds them, or rename one",
            )


def gather(paths: Sequence[Path]) -> Sources:
    """All files below the paths. Raises DatasetRefused."""
    if not paths:
        raise DatasetRefused("there is nothing to add", advice="minikf data add NAME PATH..")
    sources = Sources()
    try:
        if len(paths) == 1 and _kind(paths[0]) == stat.S_IFDIR:
            _folder(paths[0], "", sources)
        else:
            for path in paths:
                _one(path, _checked(Path(os.path.abspath(path)).name, path), sources)  # noqa: PTH100 - follows no link
    except OSError as error:
        raise DatasetRefused(
            f"{error.filename} cannot be read", cause=error.strerror or str(error), advice="make it readable for you"
        ) from error
    if not sources.files:
        raise DatasetRefused(
            f"{', '.join(map(str, paths))} holds no file",
            cause="a version of a data set has at least one file",
            advice="put a file there, or name another folder",
        )
    return sources


def _one(path: Path, name: str, sources: Sources) -> None:
    kind = _kind(path)
    if kind == stat.S_IFDIR:
        _folder(path, name, sources)
        return
    sources.claim(name, path)
    sources.files[name] = path


def _folder(folder: Path, name: str, sources: Sources) -> None:
    entries = sorted(entry.name for entry in folder.iterdir())
    if name:
        sources.claim(name, folder)
        if not entries:
            sources.empty_folders.append(name)
    for entry in entries:
        path = folder / _checked(entry, folder)
        _one(path, f"{name}/{entry}" if name else entry, sources)


def _kind(path: Path) -> int:
    """S_IFREG or S_IFDIR. Raises DatasetRefused for everything else."""
    try:
        mode = path.lstat().st_mode
    except ValueError as error:
        raise DatasetRefused(f"{str(path)!r} is no path", cause=str(error)) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetRefused(
            f"there is no {path}", cause=str(error.strerror), advice=f"see what is there: ls {path.parent}"
        ) from error
    if stat.S_ISREG(mode):
        return stat.S_IFREG
    if stat.S_ISDIR(mode):
        return stat.S_IFDIR
    if stat.S_ISLNK(mode):
        raise DatasetRefused(
            f"{path} is a symbolic link",
            cause="a version holds content; what a link leads to may lie elsewhere and change",
            advice="name what it leads to, or put a copy there: cp -rL SOURCE FOLDER",
        )
    raise DatasetRefused(f"{path} is no file", cause="it is a pipe, socket or device", advice="add files and folders")


def _checked(name: str, where: Path) -> str:
    """A name that every system can show and check out again. Raises DatasetRefused."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:  # bytes that are no UTF-8 arrive as lone surrogates
        raise _hostile(name, where, "it is no UTF-8 text") from error
    if name in ("", ".", ".."):
        raise _hostile(name, where, "it names no file")
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        raise _hostile(name, where, "it holds control characters, which hide what a terminal shows")
    if length > _LONGEST_NAME or "\\" in name:
        raise _hostile(name, where, "it is too long, or holds a backslash, which other systems take for a folder")
    return name


def _hostile(name: str, where: Path, cause: str) -> DatasetRefused:
    return DatasetRefused(f"the name {name!r} in {where} is refused", cause=cause, advice="rename it and add again")
