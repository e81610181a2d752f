"""What the terminal UI asks and does about models and services."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.engine.protocol import Steps
from minikf.errors import MinikfError
from minikf.kube.shapes import Object
from minikf.views.asking import Question, Reach, Work
from minikf.views.models import tryit
from minikf.views.models.looking import Serving, reading, serving
from minikf.views.models.measuring import Reading
from minikf.views.models.registry import Registry, registry
from minikf.views.models.rollback import Earlier, earlier, roll_back


@dataclass(frozen=True)
class WhatServes(Question[Serving]):
    """Services and registered models."""

    def answer(self, reach: Reach) -> Serving:
        return serving(reach.access(), reach.client())


@dataclass(frozen=True)
class Measured(Question[Reading]):
    """What the servers of a service have counted since they started."""

    namespace: str
    name: str

    def answer(self, reach: Reach) -> Reading:
        return reading(reach.access(), reach.client(timeout=5.0), self.namespace, self.name)


@dataclass(frozen=True)
class WhatToTry(Question[tryit.Offer]):
    """An example of a body, and those that were sent before."""

    namespace: str
    name: str
    protocol: str = ""

    def answer(self, reach: Reach) -> tryit.Offer:
        return tryit.offer(reach.access(), reach.client(), self.namespace, self.name, self.protocol)


@dataclass(frozen=True)
class Try(Question[tryit.Tried]):
    """One prediction. `number` tells one try from the next one of the same body."""

    namespace: str
    name: str
    body: str
    number: int
    path: str = ""

    def answer(self, reach: Reach) -> tryit.Tried:
        return tryit.send(reach.access(), reach.client(), self.namespace, self.name, self.body, self.path)


@dataclass(frozen=True)
class WhatWasServed(Question[tuple[Earlier, ...]]):
    """What a service can go back to, with the difference that it makes."""

    namespace: str
    name: str

    def answer(self, reach: Reach) -> tuple[Earlier, ...]:
        access, client = reach.access(), reach.client()
        try:
            registered = registry(access, client)
        except MinikfError:  # what else is known needs no registry
            registered = Registry()
        return earlier(access, client, self.namespace, self.name, registered)


@dataclass(frozen=True)
class RollBack(Work):
    """A service serves what it served before."""

    namespace: str
    name: str
    to: Earlier

    @property
    def title(self) -> str:
        return f"Roll back {self.namespace}/{self.name} to {self.to.what}"

    def steps(self, reach: Reach) -> Steps[Object]:
        return (yield from roll_back(reach.access(), self.namespace, self.name, self.to))
