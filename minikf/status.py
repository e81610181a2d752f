"""How a platform is, and how to reach it."""

from __future__ import annotations

from minikf.engine.choose import engine_of
from minikf.spec import Access, Status


def status(platform: str) -> Status:
    """The platform's health. Raises only on a bad name or a damaged record; a platform that is not there is an
    answer, not an error."""
    return engine_of(platform).status()


def access(platform: str) -> Access:
    """How to reach the running platform. Raises Unreachable with the cause where it does not run."""
    return engine_of(platform).access()
