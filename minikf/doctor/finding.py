"""What one check of `minikf doctor` found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: `error` keeps the embedded engine from working, `warning` may hurt, `ok` and `info` do not."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One fact. `cause` says what it means where it is not ok, `fix` what to type or change."""

    name: str
    level: Level
    found: str
    cause: str = ""
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)
