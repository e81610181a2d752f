"""What a promotion does beside objects, as other parts of MiniKF hand it in: copies before, verifications after."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from minikf.spec import Event

Proof = Mapping[str, Any]
"""What shows that a step was done, as JSON: digests, counts, figures; never a secret."""


class Action(StrEnum):
    """What is written down in a run's journal, in the order in which a run does it."""

    BEGIN = "begin"
    INVENTORY = "inventory"
    COPY = "copy"
    APPLY = "apply"
    WAIT = "wait"
    VERIFY = "verify"
    PRUNE = "prune"
    RECEIPT = "receipt"
    DONE = "done"
    RETURN = "return"
    RETURNED = "returned"
    UNDO = "undo"
    UNDONE = "undone"


@dataclass(frozen=True)
class Step:
    """One copy or verification. `key` says what it is about, content included (`image registry/x@sha256:...`), so that
    a proof of it is one of nothing else; `run` does it, and may be called again after it was cut off anywhere. It
    raises a MinikfError where it cannot be done, or where what it verifies does not hold."""

    key: str
    run: Callable[[], Generator[Event, None, Proof]]
