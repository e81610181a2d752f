"""Asks the Docker engine whether it is there."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import docker

TIMEOUT_SECONDS = 3


@dataclass(frozen=True)
class Answer:
    """What the engine said; `version` is "" where it did not answer, and `cause` says why."""

    version: str = ""
    address: str = ""
    cause: str = ""


def ask() -> Answer:
    """Asks at DOCKER_HOST, else at the address of the current `docker context`. Never raises."""
    from docker.errors import DockerException

    address = ""
    try:
        address = address_of_engine()
        with contextlib.closing(open_client(address)) as client:
            return Answer(version=str(client.version()["Version"]), address=address or "its default address")
    except (DockerException, OSError, KeyError, ValueError) as error:
        return Answer(address=address, cause=f"{address or 'its default address'}: {reason(error)}")


def address_of_engine() -> str:
    """Where the user's Docker engine is: DOCKER_HOST, else what the current `docker context` says, else ""."""
    from docker.context import ContextAPI

    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    current = ContextAPI.get_current_context()
    return (current.Host if current is not None else "") or ""


def open_client(address: str) -> docker.DockerClient:
    """A client of the engine at `address`; it need not answer. Raises DockerException and ValueError."""
    import docker

    if address and address == os.environ.get("DOCKER_HOST"):
        return docker.from_env(timeout=TIMEOUT_SECONDS)  # with DOCKER_CERT_PATH and DOCKER_TLS_VERIFY
    return docker.DockerClient(base_url=address or None, timeout=TIMEOUT_SECONDS)


def reason(error: Exception) -> str:
    """The innermost cause: Docker's client wraps the operating system's error several times."""
    deepest: BaseException = error
    while deepest.__context__ is not None:
        deepest = deepest.__context__
    text = getattr(deepest, "strerror", None) or str(deepest)
    return str(text) or type(error).__name__
