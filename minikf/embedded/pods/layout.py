"""Where the files of a pod are: `<pods>/<namespace>_<name>_<uid>/<container>/<attempt>.log` and what belongs to it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.forkserver import record
from minikf.embedded.status import Object

# No container can be called so.
_VOLUMES = "_volumes"
# A file name has at most 255 bytes; namespace and uid take 100 of them.
_NAME_ROOM = 120
_RUN = re.compile(r"(\d+)(?:\.run\.json|\.exit\.json)")


@dataclass(frozen=True)
class Attempt:
    """One run of a container; `base` is the path of all its files up to their suffix."""

    base: Path
    number: int

    @property
    def log(self) -> Path:
        return self.base.with_name(f"{self.number}.log")

    @property
    def index(self) -> Path:
        """When which part of the log was written."""
        return self.base.with_name(f"{self.number}.log.index")

    def run(self) -> dict[str, Any] | None:
        return record.read(f"{self.base}{record.RUN}")

    def exit(self) -> dict[str, Any] | None:
        return record.read(f"{self.base}{record.EXIT}")

    def write_exit(self, data: dict[str, Any]) -> None:
        record.write(f"{self.base}{record.EXIT}", data)

    def plan(self) -> dict[str, Any] | None:
        """How it was started: what a command run beside it has to look like."""
        return record.read(f"{self.base}.plan.json")

    def write_plan(self, data: dict[str, Any]) -> None:
        record.write(f"{self.base}.plan.json", data)

    def note(self) -> dict[str, Any]:
        """Why we killed it (`reason`, `message`), {} when we did not."""
        return record.read(f"{self.base}.note.json") or {}

    def write_note(self, reason: str, message: str) -> None:
        """Written before the kill, so that a daemon that comes back tells the same reason."""
        record.write(f"{self.base}.note.json", {"reason": reason, "message": message})

    def remove_bulk(self) -> None:
        """Deletes log and index; the exit record stays, since restarts are counted by it."""
        for path in (self.log, self.index):
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class ContainerFolder:
    """The folder of one container."""

    path: Path

    @property
    def work(self) -> Path:
        """Its working folder and HOME."""
        return self.path / "work"

    @property
    def stage(self) -> Path:
        """An empty folder, where a root folder with the container's mount points is put together."""
        return self.path / "stage"

    def attempt(self, number: int) -> Attempt:
        return Attempt(self.path / str(number), number)

    def latest(self) -> int:
        """The number of the last attempt that began, -1 when none did."""
        numbers = [int(found[1]) for name in _names(self.path) if (found := _RUN.fullmatch(name))]
        return max(numbers, default=-1)

    def ensure(self) -> None:
        for folder in (self.work, self.stage):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@dataclass(frozen=True)
class PodFolder:
    """The folder of one pod."""

    path: Path

    @classmethod
    def of(cls, root: Path, pod: Object) -> PodFolder:
        meta = pod["metadata"]
        return cls(root / f"{meta['namespace']}_{meta['name'][:_NAME_ROOM]}_{meta['uid']}")

    @property
    def uid(self) -> str:
        return self.path.name.rpartition("_")[2]

    def container(self, name: str) -> ContainerFolder:
        return ContainerFolder(self.path / name)

    def volume(self, name: str) -> Path:
        return self.path / _VOLUMES / name

    def ensure(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def remove(self) -> None:
        """Deletes all of it, read-only volumes included; what cannot be deleted is left for the next start."""
        for folder, _folders, _files in os.walk(self.path):
            with contextlib.suppress(OSError):
                Path(folder).chmod(0o700)
        shutil.rmtree(self.path, ignore_errors=True)


def all_pods(root: Path) -> Iterator[PodFolder]:
    """Every pod folder there is."""
    for name in _names(root):
        if name.count("_") == 2:
            yield PodFolder(root / name)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names only, often
    except FileNotFoundError:
        return []
