"""Checks of the platform itself: its port and its parts."""

from __future__ import annotations

from minikf.commands import command
from minikf.doctor.finding import Finding, Level
from minikf.engine import ports
from minikf.engine.record import Platform
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths
from minikf.plan import CONTEXT, EMBEDDED
from minikf.status import status


def port(name: str) -> Finding:
    """Whether the port that the platform remembers is its own or free."""
    try:
        remembered = Platform.read(PlatformPaths.of(name))
    except MinikfError as error:
        return Finding("port", Level.ERROR, error.message, error.cause, error.advice)
    if remembered is None:
        claim = ports.claim(PlatformPaths.of(name))
        claim.listener.close()
        return Finding("port", Level.OK, f"{claim.port} is free for platform '{name}'")
    if remembered.engine == CONTEXT:
        return Finding("port", Level.OK, f"platform '{name}' is an existing cluster and takes none here")
    if status(name).running:
        return Finding("port", Level.OK, f"platform '{name}' answers at {remembered.port}")
    if ports.is_free(remembered.port):
        return Finding("port", Level.OK, f"{remembered.port} is free for platform '{name}'")
    return Finding(
        "port",
        Level.WARNING,
        f"{remembered.port} is taken by {ports.holder(remembered.port)}",
        f"platform '{name}' had it; kubeconfig files that name it will not work",
        f"end that program, or let `{command('up', name)}` choose another port",
    )


def health(name: str) -> list[Finding]:
    """One finding for each part that is not healthy, or one that says all is well."""
    try:
        found = status(name)
    except MinikfError as error:
        return [Finding("platform", Level.ERROR, error.message, error.cause, error.advice)]
    if not found.running:
        return [Finding("platform", Level.INFO, f"'{name}' does not run", found.cause, found.advice)]
    ill = [component for component in found.components if not component.healthy]
    further = command("logs daemon" if found.engine == EMBEDDED else "status", name)
    return [Finding(component.name, Level.WARNING, component.state, component.cause, further) for component in ill] or [
        Finding("platform", Level.OK, f"'{name}' runs, {len(found.components)} parts are healthy")
    ]
