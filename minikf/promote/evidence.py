"""What a promotion says for each thing it does: the change with its rule and the fact behind it, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from minikf.promote.model import FieldPath, Ref


@dataclass(frozen=True)
class Change:
    """One field that differs on the target. `old` and `new` are values of the field, None where there is none; `rule`
    is the short name of what was applied (`storage-class`); `evidence` is the fact of the target, or the user's
    answer, that justifies it."""

    ref: Ref
    path: FieldPath
    old: Any
    new: Any
    rule: str
    evidence: str


class Level(Enum):
    """An ERROR ends a promotion before anything is written; a WARNING is told and stops nobody."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something that is, or may be, wrong on the target: with the object (None: the target as a whole), the field
    ("" for the whole object), the rule by its short name, and what to type or to ask for next."""

    level: Level
    rule: str
    ref: Ref | None
    where: str
    message: str
    cause: str
    advice: str
