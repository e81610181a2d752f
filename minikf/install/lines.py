"""A file that only grows, a line at a time, so that whoever was killed knows what it had done.

A line is one write(2): a reader meets all of it or, of the last one, a beginning that is left out.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from minikf.errors import Refused
from minikf.files import make_folder, readable_failures


class Lines:
    """Held by one process at a time. With `durable` a line is on the disk when `add` returns, or, where it may be
    `soon`, as soon as the disk can: one thread brings all that came meanwhile to the disk at once."""

    def __init__(self, path: Path, busy: str, *, durable: bool = False) -> None:
        """Raises Refused where it cannot be written, or, in the words of `busy`, where another process has it."""
        self.path, self._durable = path, durable
        self._wanted, self._ended = threading.Event(), False
        self._syncing: threading.Thread | None = None
        self._broken: OSError | None = None
        make_folder(path.parent)
        with readable_failures(path):
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._handle)
                raise Refused(busy, cause=f"it holds {path}", advice=f"fuser '{path}'") from None

    def read(self) -> list[str]:
        """All lines; of the last one maybe only the beginning, where nobody has called `mend`."""
        return self.path.read_text(errors="replace").splitlines()

    def mend(self) -> None:
        """Drops the half of a line that a process left which was killed while it wrote."""
        with readable_failures(self.path):
            os.ftruncate(self._handle, self.path.read_bytes().rfind(b"\n") + 1)

    def clear(self) -> None:
        with readable_failures(self.path):
            os.ftruncate(self._handle, 0)

    def add(self, lines: Iterable[str], *, soon: bool = False) -> None:
        """Raises Refused where the disk is full: then nothing is done that cannot be written down."""
        with readable_failures(self.path):
            if self._broken:
                raise self._broken
            data = "".join(f"{line}\n" for line in lines).encode()
            size = os.fstat(self._handle).st_size
            while data:
                try:
                    data = data[os.write(self._handle, data) :]
                except OSError:
                    os.ftruncate(self._handle, size)  # no half of a line, to which the next one would be added
                    raise
            if self._durable and soon:
                self._sync_soon()
            elif self._durable:
                os.fdatasync(self._handle)

    def close(self) -> None:
        """Gives the file back; what is in it stays."""
        if self._syncing:
            self._ended = True
            self._wanted.set()
            self._syncing.join()
        os.close(self._handle)

    def _sync_soon(self) -> None:
        if self._syncing is None:
            self._syncing = threading.Thread(target=self._sync, name="journal", daemon=True)
            self._syncing.start()
        self._wanted.set()

    def _sync(self) -> None:
        while self._wanted.wait() and not self._ended:
            self._wanted.clear()
            try:
                os.fdatasync(self._handle)
            except OSError as error:  # the next line says so
                self._broken = error
                return
