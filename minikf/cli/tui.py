"""minikf tui"""

from __future__ import annotations

import typer

from minikf.cli.options import Platform, platform_of


def tui(context: typer.Context, platform: Platform = "") -> None:
    """Open the terminal UI: status, workloads and logs, live."""
    from minikf.cli import render
    from minikf.errors import Refused

    if not render.has_terminal():
        raise Refused(
            "the terminal UI was not opened",
            cause="this is no terminal",
            advice="minikf status --json",
        )
    from minikf.tui import run

    raise typer.Exit(run(platform_of(context, platform)))
