"""What a caller asks of a write, beside the object itself."""

from __future__ import annotations

from dataclasses import dataclass, field

STRICT, WARN, IGNORE = "Strict", "Warn", "Ignore"


@dataclass
class Options:
    """Options of create, update, patch, apply and delete, as in metav1. `warn` collects warnings for the client.

    `duplicates` are the fields that the body had twice, as `field_validation` refuses or warns of them. `trusted`: the
    object is one that the engine makes from parts of its own and always in the same way, so it is not validated again.
    """

    dry_run: bool = False
    manager: str = "minikf"
    force: bool = False
    field_validation: str = STRICT
    warn: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    trusted: bool = False


@dataclass(frozen=True)
class DeleteOptions:
    """`propagation` is Background, Foreground, Orphan or "" for the kind's default; `grace` in seconds."""

    propagation: str = ""
    grace: int | None = None
    uid: str = ""
    rv: str = ""
