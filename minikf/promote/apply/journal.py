"""What a run has done so far, an action a line, each on the disk before the next one begins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.errors import Refused
from minikf.install.lines import Lines
from minikf.install.objects import Id
from minikf.install.record import Record
from minikf.promote.apply.steps import Action, Proof

_FORMAT = 1


@dataclass
class State:
    """What a journal says. `at` is when the run began. `records` are the objects that were applied, `created` the uids
    of those that were not there before; `gone` are objects that the run may delete because they are no longer promoted;
    `failure` is why it returns."""

    target: str = ""
    at: str = ""
    done: set[Action] = field(default_factory=set)
    proofs: dict[tuple[Action, str], Proof] = field(default_factory=dict)
    records: dict[Id, Record] = field(default_factory=dict)
    created: dict[Id, str] = field(default_factory=dict)
    gone: frozenset[Id] = frozenset()
    failure: dict[str, Any] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        return Action.BEGIN in self.done

    @property
    def returning(self) -> bool:
        """Whether it was on its way back when it ended."""
        return Action.RETURN in self.done and Action.RETURNED not in self.done

    @property
    def undoing(self) -> bool:
        return Action.UNDO in self.done and Action.UNDONE not in self.done

    @property
    def over(self) -> bool:
        return (Action.DONE in self.done or Action.RETURNED in self.done) and not self.undoing

    @property
    def stands(self) -> bool:
        """Whether it is done and was not undone."""
        return Action.DONE in self.done and Action.UNDONE not in self.done

    def take(self, entry: Mapping[str, Any]) -> None:
        action = Action(entry["action"])
        self.done.add(action)
        if action == Action.BEGIN:
            if entry["format"] != _FORMAT:
                raise Refused("a newer MiniKF made this run", advice="minikf version")
            self.target, self.at = entry["target"], entry["at"]
            self.gone = frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in entry["gone"])
        elif action in (Action.COPY, Action.VERIFY):
            self.proofs[action, entry["key"]] = entry["proof"]
        elif action in (Action.APPLY, Action.INVENTORY, Action.RECEIPT):
            record = Record(**entry["record"])
            if action == Action.APPLY:
                self.records[record.id] = record
            if entry["created"]:
                self.created[record.id] = record.uid
        elif action == Action.RETURN:
            self.failure = dict(entry["failure"])


def read(path: Path) -> State:
    """Of nothing where there is no journal."""
    state = State()
    if path.exists():
        for entry in _entries(path.read_text(errors="replace").splitlines()):
            state.take(entry)
    return state


class Journal:
    """Held by one process at a time. `state` is what was written so far."""

    def __init__(self, path: Path) -> None:
        """Raises Refused where it cannot be written, or another process has it."""
        self._lines = Lines(path, "another process works on this run", durable=True)
        self._lines.mend()
        self.state = State()
        for entry in _entries(self._lines.read()):
            self.state.take(entry)

    def begin(self, target: str, gone: Iterable[Id], at: str) -> None:
        """`at` is now, as RFC 3339 has it."""
        head = {"action": Action.BEGIN, "format": _FORMAT, "target": target, "at": at}
        self._add({**head, "gone": [list(id) for id in gone]})

    def applied(self, record: Record, *, created: bool, action: Action = Action.APPLY) -> None:
        """An object is in the target; with `created` it was not there before.

        The disk has it as soon as it can, and before any action of another sort: no other object depends on this line,
        and one whose line a power cut took is applied again, which changes nothing.
        """
        entry = {"action": action, "created": created, "record": dict(vars(record))}
        self._add(entry, soon=action == Action.APPLY)

    def proved(self, action: Action, key: str, proof: Proof) -> None:
        self._add({"action": action, "key": key, "proof": dict(proof)})

    def failed(self, failure: Mapping[str, Any]) -> None:
        self._add({"action": Action.RETURN, "failure": dict(failure)})

    def did(self, action: Action) -> None:
        self._add({"action": action})

    def close(self) -> None:
        self._lines.close()

    def _add(self, entry: Mapping[str, Any], *, soon: bool = False) -> None:
        """Raises Refused where the disk is full: then nothing is done that cannot be written down."""
        self._lines.add([json.dumps(entry, separators=(",", ":"))], soon=soon)
        self.state.take(entry)


def _entries(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return  # the end of it was never written
