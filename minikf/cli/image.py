"""minikf image"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@app.callback()
def image() -> None:
    """Build images, and load them into the nodes of a cluster."""


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


@app.command()
def build(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="With a Dockerfile, or a program and its requirements.txt.")
    ] = Path(),
    tag: Annotated[str, typer.Option("--tag", "-t", metavar="NAME", help="Its name; else minikf/FOLDER:ID.")] = "",
    base: Annotated[
        str, typer.Option("--from", metavar="IMAGE", help="What to build on where there is no Dockerfile.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Build an image of a folder and load it into a cluster.

    Without a Dockerfile its files go to /app, and its requirements.txt is installed: from its folder wheels where it
    has one, and then without the network. The local Docker engine builds.
    """
    from minikf.cli import render
    from minikf.engine.images.recipe import recipe
    from minikf.up import build_image

    wanted = recipe(folder, tag, base)
    made = render.follow(build_image(platform_of(context, platform), wanted), as_json=as_json)
    if as_json:
        render.data({"image": made.reference, "sentBytes": made.sent, "skippedBytes": made.skipped})
    else:
        render.text(made.reference)


def _size(count: int) -> str:
    from minikf.cli.render import megabytes

    return megabytes(count) or "-"
