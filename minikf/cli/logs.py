"""minikf logs"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of


def logs(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="[daemon|POD|trainjob/NAME]", help="The daemon, a pod, or a TrainJob.")
    ] = "daemon",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="How many past lines to show.")] = 200,
    container: Annotated[str, typer.Option("--container", "-c", metavar="NAME", help="A container of the pod.")] = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show the log of the daemon or of a pod; works without kubectl.

    Of a TrainJob, its first node's is shown.
    """
    import json

    from minikf import logs as source
    from minikf.cli import render
    from minikf.status import access
    from minikf.waiting import trainjob

    name = platform_of(context, platform)
    if what == "daemon":
        lines = source.of_daemon(name, tail, follow=follow)
    elif what.startswith("trainjob/") and follow:
        lines = trainjob.lines(access(name), namespace, what.removeprefix("trainjob/"))
    elif what.startswith("trainjob/"):
        pod = trainjob.first_pod(access(name), namespace, what.removeprefix("trainjob/"))
        lines = source.of_pod(access(name), namespace, pod, container, tail, follow=False)
    else:
        lines = source.of_pod(access(name), namespace, what, container, tail, follow=follow)
    for line in lines:
        render.text(json.dumps({"from": what, "line": line}) if as_json else line)
