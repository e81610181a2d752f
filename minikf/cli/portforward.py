"""minikf port-forward"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of


def port_forward(
    context: typer.Context,
    pod: Annotated[str, typer.Argument(metavar="POD", help="The pod's name.")],
    port: Annotated[
        int, typer.Argument(metavar="[PORT]", min=0, max=65535, help="Else the first it declares or is probed at.")
    ] = 0,
    local: Annotated[
        int, typer.Option("--local", metavar="PORT", min=0, max=65535, help="The port of this machine; else any.")
    ] = 0,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Forward an HTTP port of a pod and its successor.

    Until Ctrl-C. A browser gets in by the link, once; a program shows the credential in the file that is named.
    For what is not HTTP: kubectl port-forward.
    """
    import time

    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.forwards import OpenForward

    opened = OpenForward(namespace, pod, port, local).answer(Reach(platform_of(context, platform)))
    forward = opened.forward
    if as_json:
        render.data(
            {"address": forward.address, "link": opened.link, "token": forward.token, "pod": pod,
             "namespace": namespace, "port": forward.pods.port}
        )  # fmt: skip
    else:
        render.text(f"{forward.name} is at {forward.address} until Ctrl-C")
        render.text(f"  browser:  {opened.link}")
        render.text(f"  program:  {forward.program}")
    while True:
        time.sleep(3600)
