"""minikf list"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def list_(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Such as pods, trainjobs, notebooks or events.")],
    words: Annotated[
        str,
        typer.Option(
            "--filter", metavar="WORDS", help="'web', '!web', 'label:app=web', 'status.phase=Running'; all must hold."
        ),
    ] = "",
    sort: Annotated[str, typer.Option("--sort", metavar="COLUMN", help="Else worst first, then newest.")] = "",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="One namespace instead of all.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List objects of a kind with their state and its cause.

    As the terminal UI shows them: worst first. --json has the objects as the API sent them, each with its verdict.
    """
    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.listing import List, order_of, view_of

    view = view_of(kind)
    question = List(view.kind, namespace, words, order_of(view, sort, reverse=reverse))
    items = question.answer(Reach(platform_of(context, platform)))
    if as_json:
        render.data(
            [{"name": one.name, "namespace": one.namespace, "state": one.verdict.state, "cause": one.verdict.cause,
              "info": one.verdict.info, "object": one.obj} for one in items]
        )  # fmt: skip
        return
    columns = [each for each in view.all_columns if not each.until]
    render.table([each.title for each in columns], [[each.of(one) for each in columns] for one in items])
