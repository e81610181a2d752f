"""minikf up"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def up(
    context: typer.Context,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="What runs the platform; today: embedded.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Make the platform and start it; safe to repeat."""
    from minikf.cli.running import show_access
    from minikf.up import up as bring_up

    show_access(bring_up(platform_of(context, platform), engine), as_json)
