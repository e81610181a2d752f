"""minikf open"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of


def open_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="The name of an address to open, or notebook.")] = "",
    notebook: Annotated[str, typer.Argument(metavar="[NAME]", help="With 'notebook': which notebook.")] = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List the platform's addresses, or open one of them."""
    if notebook and name == "notebook":
        from minikf.cli.notebook import open_ as open_notebook

        open_notebook(context, notebook, namespace, platform, as_json)
        return
    from minikf.cli import render
    from minikf.commands import command
    from minikf.endpoints import endpoints, open_in_browser
    from minikf.errors import UsageError

    chosen = platform_of(context, platform)
    if notebook:
        raise UsageError(f"'{name} {notebook}' is no address", advice=command("open notebook NAME", chosen))
    found = endpoints(chosen)
    if name == "notebook":
        raise UsageError("which notebook?", advice=command("notebook list", chosen))
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
