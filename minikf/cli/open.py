"""minikf open"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def open_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="The name of an address to open.")] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List the platform's addresses, or open one of them."""
    from minikf.cli import render
    from minikf.commands import command
    from minikf.endpoints import endpoints, open_in_browser
    from minikf.errors import UsageError

    chosen = platform_of(context, platform)
    found = endpoints(chosen)
    if name and name not in found:
        raise UsageError(
            f"platform '{chosen}' has no address '{name}'",
            cause=f"it has {', '.join(found)}",
            advice=command("open", chosen),
        )
    if as_json:
        render.data({name: found[name]} if name else found)
    elif name:
        address = found[name]
        render.text(address)
        if render.has_terminal():
            open_in_browser(address)
    else:
        render.table(("NAME", "ADDRESS"), list(found.items()))
