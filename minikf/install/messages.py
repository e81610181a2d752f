"""What the threads of an installation tell the one that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikf.errors import MinikfError
from minikf.install.graph import Node
from minikf.install.webhooks import Service
from minikf.kube.apply import Verdict


@dataclass(frozen=True)
class Tried:
    """An object was sent."""

    node: Node
    verdict: Verdict


@dataclass(frozen=True)
class Served:
    """The kinds that the API serves are others than before."""


@dataclass(frozen=True)
class Body:
    """An object that is waited for, as the API has it now; `gone` when it was deleted."""

    body: dict[str, Any]
    gone: bool = False


@dataclass(frozen=True)
class Answers:
    """Whether a service has a pod that is ready."""

    service: Service
    ready: bool


@dataclass(frozen=True)
class Broken:
    """A thread came to its end by an error that no try can help."""

    error: MinikfError


Message = Tried | Served | Body | Answers | Broken
