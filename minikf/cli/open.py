"""minikf open"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of


def open_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="The name of an address to open, or notebook.")] = "",
    notebook: Annotated[str, typer.Argument(metavar="[NAME]", help="With 'notebook': which notebook.")] = "",
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Also whom to sign in as there, with the password.")
    ] = False,
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
    from minikf.endpoints import browser_address, endpoints, open_in_browser
    from minikf.environment import signs_in
    from minikf.errors import UsageError
    from minikf.status import access

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
    logins = signs_in(chosen) if show_secrets else ()
    if name:
        found = {name: browser_address(access(chosen), name, found[name])}
    if as_json:
        render.data(found | ({"logins": [asdict(login) for login in logins]} if show_secrets else {}))
        return
    if name:
        render.text(found[name])
    else:
        render.table(("NAME", "ADDRESS"), list(found.items()))
    for login in logins:
        render.text(f"{login.what}: {login.user} {login.password or '(set by somebody else)'}")
    if name and render.has_terminal():
        open_in_browser(found[name])
