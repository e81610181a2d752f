"""What can go wrong between the store and those who use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NotFound(Exception):
    """No `kind` (e.g. "run") has this id or name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"no {self.kind} '{self.name}'"


@dataclass
class AlreadyExists(Exception):
    """The name is taken by another `kind`, whose id is `id`."""

    kind: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"the {self.kind} '{self.name}' already exists, with the id {self.id}"


@dataclass
class ResultGone(Exception):
    """A cached result was deleted with the run that made it, between the look-up and the write."""

    path: str

    def __str__(self) -> str:
        return f"the result that {self.path} was to have is gone"


@dataclass
class StoreFailed(Exception):
    """The database could not be read or written; nothing of a write was kept."""

    message: str
    advice: str = ""

    def __str__(self) -> str:
        return self.message + (f" ({self.advice})" if self.advice else "")
