"""minikf logs"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of


def logs(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="[daemon|POD]", help="The daemon, or a pod by its name.")] = "daemon",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="How many past lines to show.")] = 200,
    container: Annotated[str, typer.Option("--container", "-c", metavar="NAME", help="A container of the pod.")] = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show the log of the daemon or of a pod; works without kubectl."""
    import json

    from minikf import logs as source
    from minikf.cli import render
    from minikf.status import access

    name = platform_of(context, platform)
    if what == "daemon":
        lines = source.of_daemon(name, tail, follow=follow)
    else:
        lines = source.of_pod(access(name), namespace, what, container, tail, follow=follow)
    for line in lines:
        render.text(json.dumps({"from": what, "line": line}) if as_json else line)
