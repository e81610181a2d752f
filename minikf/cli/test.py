"""minikf test"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def test(
    context: typer.Context,
    components: Annotated[
        list[str] | None, typer.Argument(metavar="[COMPONENT]...", help="Which ones; else all that the platform has.")
    ] = None,
    image: Annotated[
        str, typer.Option("--image", metavar="IMAGE", help="What pods of tests run: an image with Python.")
    ] = "",
    patience: Annotated[
        float | None,
        typer.Option(
            "--patience", min=1, metavar="SECONDS", help="Give up when nothing new happens for so long (120)."
        ),
    ] = None,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Test components by letting each do its work once.

    Each test works in a namespace of its own and removes it. Exit code 9 where one failed. `minikf status` shows the
    last results.
    """
    from minikf.cli import render, testing
    from minikf.status import access

    reached = access(platform_of(context, platform))
    results = testing.tested(reached, components or [], image=image, patience=patience, as_json=as_json)
    if as_json:
        render.data([one.as_dict() for one in results])
    else:
        testing.show(results)
    testing.end(results)
