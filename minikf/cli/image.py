"""minikf image"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@app.callback()
def image() -> None:
    """Load images into the nodes of a cluster."""


@app.command()
def load(
    context: typer.Context,
    references: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Names of images, or files that `docker save` wrote.")
    ],
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Load images into every node of a cluster.

    Layers that a node has already are not sent again.
    """
    from minikf.cli import render
    from minikf.up import load_images

    name = platform_of(context, platform)
    loaded = render.follow(load_images(name, references), as_json=as_json)
    if as_json:
        render.data([{"image": one.reference, "sentBytes": one.sent, "skippedBytes": one.skipped} for one in loaded])
        return
    rows = [(one.reference, _size(one.sent), _size(one.skipped)) for one in loaded]
    render.table(("IMAGE", "SENT", "WAS THERE"), rows)


def _size(count: int) -> str:
    from minikf.cli.render import megabytes

    return megabytes(count) or "-"
