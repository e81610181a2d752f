"""What the terminal UI asks and does about storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minikf.views.asking import Question, Reach
from minikf.views.storage.looking import Storage, delete, storage


@dataclass(frozen=True)
class WhatIsStored(Question[Storage]):
    """Claims with what is in them, classes, data sets and what is kept."""

    def answer(self, reach: Reach) -> Storage:
        return storage(reach.access(), reach.client())


@dataclass(frozen=True)
class DeleteClaim(Question[None]):
    """Deletes a claim with all that is in it; refused while it is mounted."""

    changes: ClassVar[bool] = True
    namespace: str
    name: str

    def answer(self, reach: Reach) -> None:
        delete(reach.client(), self.namespace, self.name)
