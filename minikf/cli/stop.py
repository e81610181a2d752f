"""minikf stop"""

from __future__ import annotations

import typer

from minikf.cli.options import Json, Platform, platform_of


def stop(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Stop the platform and all that runs on it; keeps its data."""
    from minikf.cli import render
    from minikf.cli.inside import refuse_inside
    from minikf.up import stop as end

    name = platform_of(context, platform)
    refuse_inside(name, "stop")
    render.follow(end(name), as_json=as_json)
    if as_json:
        render.data({"platform": name, "running": False})
    else:
        render.text(f"platform '{name}' is stopped; its data is kept (minikf start, minikf down)")
