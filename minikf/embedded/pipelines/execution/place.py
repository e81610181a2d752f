"""Where the outputs of runs are: `<artifacts>/<run id>/<task path>/<output>`, and how an attempt's become a task's.

An attempt writes below `.staging`. While it runs its task's folder is a link to there, so that a path which a step
returns, logs or writes into a file is the path that stays (design record 9).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from minikf.blobs.disk import sync_file, sync_folder
from minikf.embedded.pipelines.execution.pythonprogram import FILE

# A file name has at most 255 bytes.
_NAME_ROOM = 200
STAGING = ".staging"


def file_name(name: str) -> str:
    """One folder or file name for any text: no separator, nothing hidden, not too long for a file system."""
    safe = quote(name, safe="[]-_ ")[:_NAME_ROOM]
    return f"%{ord(safe[0]):02X}{safe[1:]}" if safe.startswith(".") else safe or "%"


@dataclass(frozen=True)
class TaskPlace:
    """The folders of one task of one run. `root` is where its outputs are; `staged` where an attempt writes them."""

    root: Path
    staging: Path

    @classmethod
    def of(cls, artifacts: Path, run_id: str, path: str) -> TaskPlace:
        parts = [file_name(run_id), *(file_name(part) for part in path.split("/"))]
        return cls(artifacts.joinpath(*parts), artifacts.joinpath(STAGING, *parts))

    def staged(self, attempt: int) -> Path:
        return self.staging / str(attempt)

    def program(self, attempt: int) -> Path:
        """Where an attempt's program is; gone with what the attempts have staged."""
        return self.staging / f"program-{attempt}" / FILE

    def write_program(self, attempt: int, source: str) -> None:
        path = self.program(attempt)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(source)

    def open(self, attempt: int) -> None:
        """Makes an empty folder for an attempt and has the task's folder lead there."""
        staged = self.staged(attempt)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700, parents=True)
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.root.is_dir() and not self.root.is_symlink():  # of a task that a retried run starts again
            shutil.rmtree(self.root)
        self._lead_to(staged)

    def reach(self, attempt: int) -> None:
        """Has the task's folder lead to an attempt that ended, where a kill came between the two steps of `commit`."""
        if not self.root.exists() and self.staged(attempt).is_dir():
            self._lead_to(self.staged(attempt))

    def _lead_to(self, staged: Path) -> None:
        part = self.root.with_name(f".{self.root.name}.link")
        part.unlink(missing_ok=True)
        part.symlink_to(staged)
        part.replace(self.root)

    def commit(self, attempt: int) -> None:
        """Moves an attempt's folder into the task's place; does nothing more when a killed daemon had done it."""
        staged = self.staged(attempt)
        if staged.is_dir():
            _sync(staged)
            self.root.unlink(missing_ok=True)
            staged.rename(self.root)
            sync_folder(self.root.parent)
        self._drop()

    def discard(self) -> None:
        """Deletes what attempts that failed have left."""
        if self.root.is_symlink():
            self.root.unlink()
        self._drop()

    def _drop(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Writes a folder's files through to the disk: a record names them next, and outlives a power cut."""
    for path, _folders, files in os.walk(folder):
        for name in files:
            file = Path(path) / name
            if file.is_symlink() or not file.is_file():
                continue
            descriptor = os.open(file, os.O_RDONLY)
            try:
                sync_file(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(path))
