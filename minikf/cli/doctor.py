"""minikf doctor"""

from __future__ import annotations

import typer

from minikf.cli.options import Json, Platform, platform_of


def doctor(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Look for what keeps MiniKF from working well here.

    Exit code 10 where something keeps the embedded engine from working.
    """
    from minikf.cli import render
    from minikf.doctor import Level, examine
    from minikf.errors import ExitCode

    found = examine(platform_of(context, platform))
    if as_json:
        render.data([finding.as_dict() for finding in found])
    else:
        for finding in found:
            render.text(f"{render.level(finding.level.value.ljust(7))}  {finding.name}: {finding.found}")
            for label, text in (("why", finding.cause), ("fix", finding.fix)):
                if text:
                    render.text(f"         {label}: {text}")
    if any(finding.level is Level.ERROR for finding in found):
        raise typer.Exit(ExitCode.REFUSED)
