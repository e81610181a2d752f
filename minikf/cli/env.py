"""minikf env"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def env(
    context: typer.Context,
    shell: Annotated[
        str, typer.Option("--shell", metavar="SHELL", help="Syntax: sh, bash, zsh, fish or powershell.")
    ] = "sh",
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Also whom to sign in as at the pages, with the password.")
    ] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Print what to export for kubectl and the official SDKs.

    In bash or zsh: eval "$(minikf env)"
    """
    from minikf import environment
    from minikf.cli import render
    from minikf.status import access

    reached = access(platform_of(context, platform))
    values = environment.variables(reached)
    if as_json:
        secrets = [asdict(login) for login in environment.signs_in(reached.platform)] if show_secrets else []
        render.data({**values, "logins": secrets} if show_secrets else values)
        return
    for line in environment.script(values, shell) + (environment.secret_lines(reached) if show_secrets else []):
        render.text(line)
