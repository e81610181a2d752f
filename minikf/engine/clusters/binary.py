"""The binary of an engine: on PATH and new enough, or downloaded once."""

from __future__ import annotations

from dataclasses import dataclass

from minikf import tools
from minikf.engine.protocol import Steps
from minikf.errors import Refused


@dataclass(frozen=True)
class Binary:
    """Where it is and which version it says that it is, as in 5.8.3."""

    path: str
    version: str


def find(name: str) -> Binary:
    """What is here already. Raises Refused where nothing is, or what is there is too old."""
    found = tools.look(name)
    if found.path is None or not found.new_enough:
        raise Refused(f"{name} cannot be used", cause=found.cause, advice=f"minikf up --engine {name} downloads it")
    return Binary(str(found.path), found.version)


def ensure(name: str, *, agree: bool) -> Steps[Binary]:
    """What is here, else a download. Raises as `minikf.tools.ensure`."""
    path = yield from tools.ensure(name, agree=agree)
    return Binary(str(path), tools.look(name).version)
