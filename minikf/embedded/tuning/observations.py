"""The observation log: every value that a trial reported, one file for each trial, kept as long as the Trial is."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import BinaryIO

from minikf.embedded.tuning.metrics import MetricLog, number
from minikf.files import make_folder, readable_failures, write_private

_END = ".jsonl"


class ObservationLog:
    """Files by the uid of their Trial. A file is replaced as a whole, or whole lines are added.

    Called from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What the files hold, as far as they were read.
        self._known: dict[str, tuple[MetricLog, ...]] = {}
        # By uid: one write at a time, and no read in the middle of it.
        self._turns: dict[str, threading.Lock] = {}

    def write(self, uid: str, logs: Sequence[MetricLog]) -> None:
        """Keeps `logs` as all that the trial reported. Raises Refused."""
        with self._turn(uid):
            write_private(self._folder / f"{uid}{_END}", _lines(logs))
            self._known[uid] = tuple(logs)

    def append(self, uid: str, logs: Sequence[MetricLog], *, again: bool = False) -> None:
        """Adds what the trial reported now; it is on the disk when this returns. Raises Refused, OSError.

        `again`: nobody knows whether a daemon that was killed has added it; it is not added twice.
        """
        path = self._folder / f"{uid}{_END}"
        if again and logs and self.read(uid)[-len(logs) :] == tuple(logs):
            return
        with self._turn(uid), readable_failures(path):
            self._known.pop(uid, None)
            make_folder(self._folder)
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "a+b") as file:
                _drop_half_line(file)
                file.write(_lines(logs).encode())
                file.flush()
                os.fsync(file.fileno())

    def read(self, uid: str) -> tuple[MetricLog, ...]:
        """What the trial reported, in its order; nothing where it did not. Raises OSError."""
        with self._turn(uid):
            if uid not in self._known:
                try:
                    data = (self._folder / f"{uid}{_END}").read_bytes()
                except FileNotFoundError:
                    return ()
                # What follows the last line was never acknowledged: a power cut came first.
                whole = data[: data.rfind(b"\n") + 1]
                self._known[uid] = tuple(MetricLog(**json.loads(line)) for line in whole.splitlines())
            return self._known[uid]

    def numbers(self, uid: str, metric: str) -> tuple[float, ...]:
        """The finite values of one metric, in their order."""
        values = (number(log.value) for log in self.read(uid) if log.name == metric)
        return tuple(value for value in values if value is not None)

    def forget(self, uid: str) -> None:
        """The Trial is gone."""
        with self._turn(uid):
            self._known.pop(uid, None)
            (self._folder / f"{uid}{_END}").unlink(missing_ok=True)
        self._turns.pop(uid, None)

    def _turn(self, uid: str) -> threading.Lock:
        return self._turns.setdefault(uid, threading.Lock())

    def sweep(self, uids: Collection[str]) -> None:
        """Forgets every trial but these: it went while no daemon ran."""
        if self._folder.is_dir():
            for path in self._folder.glob(f"*{_END}"):
                if path.name.removesuffix(_END) not in uids:
                    path.unlink(missing_ok=True)


def _lines(logs: Sequence[MetricLog]) -> str:
    return "".join(json.dumps({"time": one.time, "name": one.name, "value": one.value}) + "\n" for one in logs)


def _drop_half_line(file: BinaryIO) -> None:
    """Takes away what a power cut left of a line, so that no other is glued to it."""
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
