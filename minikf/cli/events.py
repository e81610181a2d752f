"""minikf events"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def events(
    context: typer.Context,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="Of one namespace; else of all.")
    ] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also those about what is well by now, or gone.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show the warnings that matter now, each once, newest first.

    All events of every object: minikf list events.
    """
    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.home.questions import AskWarnings
    from minikf.views.text import age, now

    name = platform_of(context, platform)
    found = AskWarnings(namespace, all_).answer(Reach(name))
    if as_json:
        render.data([one.as_dict() for one in found])
    elif not found:
        render.text("no warnings" if all_ else "no warnings about anything that is not well (--all shows older ones)")
    else:
        rows = [(age(one.at, now()), f"{one.count}", one.about, f"{one.reason}: {one.message}") for one in found]
        render.table(("AGE", "TIMES", "ABOUT", "WHAT"), rows)
