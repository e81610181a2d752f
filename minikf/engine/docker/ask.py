"""Asks the Docker engine whether it is there."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

TIMEOUT_SECONDS = 3


@dataclass(frozen=True)
class Answer:
    """What the engine said; `version` is "" where it did not answer, and `cause` says why."""

    version: str = ""
    address: str = ""
    cause: str = ""


def ask() -> Answer:
    """Asks at DOCKER_HOST, else at the address of the current `docker context`. Never raises."""
    import docker
    from docker.context import ContextAPI
    from docker.errors import DockerException

    address = ""
    try:
        if os.environ.get("DOCKER_HOST"):
            address = os.environ["DOCKER_HOST"]
            client = docker.from_env(timeout=TIMEOUT_SECONDS)
        else:
            current = ContextAPI.get_current_context()
            address = (current.Host if current is not None else "") or ""
            client = docker.DockerClient(base_url=address or None, timeout=TIMEOUT_SECONDS)
        with contextlib.closing(client):
            return Answer(version=str(client.version()["Version"]), address=address or "its default address")
    except (DockerException, OSError, KeyError, ValueError) as error:
        return Answer(address=address, cause=f"{address or 'its default address'}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """The innermost cause: Docker's client wraps the operating system's error several times."""
    deepest: BaseException = error
    while deepest.__context__ is not None:
        deepest = deepest.__context__
    text = getattr(deepest, "strerror", None) or str(deepest)
    return str(text) or type(error).__name__
