"""The observation log: every value that a trial reported, one file for each trial, kept as long as the Trial is."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from minikf.embedded.tuning.metrics import MetricLog, number
from minikf.files import write_private

_END = ".jsonl"


class ObservationLog:
    """Files by the uid of their Trial. A file is replaced as a whole, so that a kill leaves the old or the new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What was read of trials that have ended, which does not change any more.
        self._known: dict[str, tuple[MetricLog, ...]] = {}

    def write(self, uid: str, logs: Sequence[MetricLog]) -> None:
        """Keeps `logs` as all that the trial reported. Raises Refused."""
        lines = [json.dumps({"time": log.time, "name": log.name, "value": log.value}) for log in logs]
        write_private(self._folder / f"{uid}{_END}", "".join(f"{line}\n" for line in lines))
        self._known[uid] = tuple(logs)

    def read(self, uid: str) -> tuple[MetricLog, ...]:
        """What the trial reported, in its order; nothing where it did not. Raises OSError."""
        if uid not in self._known:
            try:
                text = (self._folder / f"{uid}{_END}").read_text()
            except FileNotFoundError:
                return ()
            self._known[uid] = tuple(MetricLog(**json.loads(line)) for line in text.splitlines())
        return self._known[uid]

    def numbers(self, uid: str, metric: str) -> tuple[float, ...]:
        """The finite values of one metric, in their order."""
        values = (number(log.value) for log in self.read(uid) if log.name == metric)
        return tuple(value for value in values if value is not None)

    def forget(self, uid: str) -> None:
        """The Trial is gone."""
        self._known.pop(uid, None)
        (self._folder / f"{uid}{_END}").unlink(missing_ok=True)

    def sweep(self, uids: Collection[str]) -> None:
        """Forgets every trial but these: it went while no daemon ran."""
        if self._folder.is_dir():
            for path in self._folder.glob(f"*{_END}"):
                if path.name.removesuffix(_END) not in uids:
                    path.unlink(missing_ok=True)
