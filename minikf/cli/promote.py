"""minikf promote"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def promote(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="KIND/NAME, or NAME where only one kind has it.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to.")],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace to look in; else all.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Write a workload as a kustomize base for any cluster."""
    from minikf.cli import render
    from minikf.promote import export

    report = export(name, out, platform_of(context, platform), namespace or None)
    if as_json:
        render.data(report.as_dict())
        return
    for line in report.lines():
        render.text(line)
