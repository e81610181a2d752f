"""What an installation has done so far, a line an object, so that one that was killed goes on where it was.

A line is written after the API has answered. An object whose line is missing is applied again, which changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from minikf.files import readable_failures
from minikf.install.lines import Lines
from minikf.install.objects import Id
from minikf.install.record import Record

_FORMAT = 1


class Journal:
    """One file, held by one installation at a time. `cluster` tells one cluster from another (a uid)."""

    def __init__(self, path: Path, cluster: str) -> None:
        """Raises Refused where it cannot be written, or another installation has it."""
        self._path, self._cluster = path, cluster
        self._lines = Lines(path, "another installation works on this platform")
        self.records = self._read()

    def begin(self, plan: Mapping[Id, str]) -> None:
        """Writes down what is to be applied, with the hash of each object, after what is known already."""
        header = {"format": _FORMAT, "cluster": self._cluster, "plan": [[*id, hash] for id, hash in plan.items()]}
        lines = [json.dumps(header, separators=(",", ":")), *(one.line for one in self.records.values())]
        self._lines.clear()
        self._write(lines)

    def add(self, record: Record) -> None:
        """Raises Refused where the disk is full: then nothing more is applied than can be written down."""
        self.records[record.id] = record
        self._write([record.line])

    def end(self) -> None:
        """All is in the inventory: the journal is not needed any more."""
        with readable_failures(self._path):
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Gives the file back; what is in it stays."""
        self._lines.close()

    def _write(self, lines: Iterable[str]) -> None:
        self._lines.add(lines)

    def _read(self) -> dict[Id, Record]:
        """Of this cluster only: one that was made anew under the same name has nothing of what is written here."""
        lines = self._lines.read()
        found: dict[Id, Record] = {}
        try:
            header = json.loads(lines[0]) if lines else {}
            if not isinstance(header, dict) or header.get("cluster") != self._cluster:
                return {}
            for line in lines[1:]:
                record = Record.of(line)
                found[record.id] = record
        except ValueError:
            pass  # the end of it was never written
        return found
