"""minikf demo"""

from __future__ import annotations

import typer

from minikf.cli.options import Json, Platform, platform_of


def demo(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Train, evaluate, register, serve and query a real model."""
    from minikf.demo.run import main

    raise typer.Exit(main(platform_of(context, platform), as_json))
