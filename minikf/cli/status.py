"""minikf status"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.spec import ComponentStatus


def status(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Show the platform's parts: health, addresses, memory.

    Exit code 12 where it does not run.
    """
    from minikf.cli import render
    from minikf.errors import ExitCode
    from minikf.paths import PlatformPaths
    from minikf.smoke.record import read
    from minikf.status import status as ask

    found = ask(platform_of(context, platform))
    tests = read(PlatformPaths.of(found.platform)).values()
    if as_json:
        render.data(found.as_dict() | {"tests": [one.as_dict() for one in tests]})
    else:
        word = "running" if found.running else "not running"
        render.text(f"platform '{found.platform}' ({found.engine}): {render.level(word)}")
        for label, text in (("why", found.cause), ("try", found.advice)):
            if text:
                render.text(f"  {label}: {text}")
        if found.components:
            head = ("COMPONENT", "HEALTH", "STATE", "MEMORY", "ADDRESS")
            render.table(head, [_row(component) for component in found.components])
            for component in found.components:
                if not component.healthy and component.cause:
                    render.text(f"  {component.name}: {component.cause}")
        if tests:
            rows = [(one.component, one.outcome, one.at, f"{one.seconds:.1f} s", one.ran or one.cause) for one in tests]
            render.text()
            render.table(("TEST", "RESULT", "AT", "TOOK", "WHAT RAN"), rows)
    if not found.running:
        raise typer.Exit(ExitCode.UNREACHABLE)


def _row(component: ComponentStatus) -> tuple[str, ...]:
    from minikf.cli.render import megabytes

    health = "ok" if component.healthy else "failing"
    return component.name, health, component.state, megabytes(component.memory_bytes), component.address
