"""How a platform is, and how to reach it."""

from __future__ import annotations

from dataclasses import replace

from minikf.engine import forwarding
from minikf.engine.choose import engine_of
from minikf.paths import PlatformPaths
from minikf.spec import Access, Status


def status(platform: str) -> Status:
    """The platform's health. Raises only on a bad name or a damaged record; a platform that is not there is an
    answer, not an error. A port-forward that has died is started again, and its part of the answer says so."""
    found = engine_of(platform).status()
    part = forwarding.report(PlatformPaths.of(platform)) if found.running else None
    if part is None:
        return found
    endpoints = found.endpoints | (forwarding.addresses_now(PlatformPaths.of(platform)) if part.healthy else {})
    return replace(found, components=(*found.components, part), endpoints=endpoints)


def access(platform: str) -> Access:
    """How to reach the running platform, with the addresses of what a port-forward carries. Raises Unreachable with the
    cause where it does not run."""
    return forwarding.reached(engine_of(platform).access())
