"""minikf start"""

from __future__ import annotations

import typer

from minikf.cli.options import Json, Platform, platform_of


def start(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Start a platform that was stopped."""
    from minikf.cli.running import show_access
    from minikf.up import start as bring_back

    show_access(bring_back(platform_of(context, platform)), as_json)
