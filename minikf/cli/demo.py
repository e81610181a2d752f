"""minikf demo"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def demo(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[journey|first-model]", help="Which example to run.")] = "journey",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Run the whole journey: data, tuning, training, serving, drift.

    journey is one pipeline from data to a served model that is watched; first-model does the same by hand, step by
    step, with a TrainJob.
    """
    from minikf.demo.run import main

    raise typer.Exit(main(name, platform_of(context, platform), as_json))
