"""minikf env"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def env(
    context: typer.Context,
    shell: Annotated[
        str, typer.Option("--shell", metavar="SHELL", help="Syntax: sh, bash, zsh, fish or powershell.")
    ] = "sh",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Print what to export for kubectl and the official SDKs.

    In bash or zsh: eval "$(minikf env)"
    """
    from minikf import environment
    from minikf.cli import render
    from minikf.status import access

    values = environment.variables(access(platform_of(context, platform)))
    if as_json:
        render.data(values)
        return
    for line in environment.script(values, shell):
        render.text(line)
