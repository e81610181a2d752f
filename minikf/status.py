"""How a platform is, and how to reach it."""

from __future__ import annotations

from dataclasses import replace

from minikf.engine import forwarding
from minikf.engine.choose import engine_of
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths
from minikf.spec import Access, ComponentStatus, Status


def status(platform: str) -> Status:
    """The platform's health. Raises only on a bad name or a damaged record; a platform that is not there is an
    answer, not an error. A port-forward that has died is started again, and its part of the answer says so."""
    found = engine_of(platform).status()
    found = replace(found, components=(*found.components, *_furnished(found)))
    part = forwarding.report(PlatformPaths.of(platform)) if found.running else None
    if part is None:
        return found
    endpoints = found.endpoints | (forwarding.addresses_now(PlatformPaths.of(platform)) if part.healthy else {})
    return replace(found, components=(*found.components, part), endpoints=endpoints)


def _furnished(found: Status) -> tuple[ComponentStatus, ...]:
    """The components of the bundle that the platform has on its cluster."""
    if not found.running or not PlatformPaths.of(found.platform).choice_file.exists():
        return ()
    from minikf.install.standing import standing  # most platforms have none

    try:
        return standing(engine_of(found.platform).access())
    except MinikfError as error:
        return (ComponentStatus("components", False, "unknown", cause=error.message),)


def access(platform: str) -> Access:
    """How to reach the running platform, with the addresses of what a port-forward carries. Raises Unreachable with the
    cause where it does not run."""
    return forwarding.reached(engine_of(platform).access())
