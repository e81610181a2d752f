"""minikf lineage"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def lineage(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="A name, address, hash or id; isvc/, model/, run/, trainjob/ or artifact/ before it."
        ),
    ],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace, where several have the name.")
    ] = "",
    direction: Annotated[
        str, typer.Option("--direction", metavar="upstream|downstream|both", help="Which way to look.")
    ] = "both",
    picture: Annotated[
        str, typer.Option("--picture", metavar="FILE", help="Draw it too: .svg, .mmd (Mermaid) or .dot (Graphviz).")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show which data and code made a model, and what it made.

    `minikf lineage isvc/NAME` follows the model that answers now: registry, pipeline steps, data sets, with hashes of
    content and code. What is ambiguous is listed.
    """
    from pathlib import Path

    from minikf.cli import render
    from minikf.errors import UsageError
    from minikf.kube.rest import RestClient
    from minikf.lineage.finding import lineage as find
    from minikf.lineage.picture import FORMATS
    from minikf.lineage.tree import lines
    from minikf.status import access

    if direction not in ("upstream", "downstream", "both"):
        raise UsageError(f"there is no direction '{direction}'", advice="use upstream, downstream or both")
    draw = FORMATS.get(Path(picture).suffix) if picture else None
    if picture and draw is None:
        raise UsageError(
            f"no picture can be drawn into '{picture}'", cause=f"its name must end in {', '.join(FORMATS)}"
        )
    graph = find(RestClient(access(platform_of(context, platform)), timeout=60.0), what, namespace, direction)
    if draw is not None:
        try:
            Path(picture).write_text(draw(graph), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"the picture cannot be written to {picture}", cause=str(error)) from error
    if as_json:
        render.data(graph.as_dict())
        return
    for line in lines(graph):
        render.text(line)
    if picture:
        render.text(f"\nthe picture is in {picture}")
