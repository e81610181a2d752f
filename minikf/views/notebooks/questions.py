"""What the terminal UI asks and does about notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minikf.engine.protocol import Steps
from minikf.kube.shapes import Object, mappings
from minikf.verbs.notebook import Door, path_of
from minikf.views.asking import Question, Reach, Work
from minikf.views.notebooks.activity import looked_at
from minikf.views.notebooks.listing import Notebook
from minikf.views.text import now
from minikf.waiting import notebook


@dataclass(frozen=True)
class HowNotebooksAre(Question[tuple[Notebook, ...]]):
    """All notebooks, with the time since somebody worked in them."""

    def answer(self, reach: Reach) -> tuple[Notebook, ...]:
        client = reach.client()
        return looked_at(reach.access(), client, mappings(client.get(path_of("")).get("items")), now())


@dataclass(frozen=True)
class WhereToOpen(Question[Door]):
    """The address of a notebook with what lets a browser in. `number` tells one opening from the next."""

    namespace: str
    name: str
    number: int

    def answer(self, reach: Reach) -> Door:
        return notebook.door(reach.access(), self.namespace, self.name)


@dataclass(frozen=True)
class StartNotebook(Work):
    """Starts it and waits until it answers."""

    namespace: str
    name: str
    verb: ClassVar[str] = "Start"

    @property
    def title(self) -> str:
        return f"{self.verb} notebook {self.namespace}/{self.name}"

    def steps(self, reach: Reach) -> Steps[Object]:
        return (yield from notebook.started(reach.access(), self.namespace, self.name))


@dataclass(frozen=True)
class StopNotebook(StartNotebook):
    """Stops it; its files stay."""

    verb: ClassVar[str] = "Stop"

    def steps(self, reach: Reach) -> Steps[Object]:
        return (yield from notebook.stopped(reach.access(), self.namespace, self.name))
