"""minikf tui"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Platform, platform_of


def tui(
    context: typer.Context,
    platform: Platform = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer nothing that changes something.")] = False,
    web: Annotated[
        bool, typer.Option("--web", help="Serve it to a browser of this machine, by a link that works once.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="With --web: the port; 0 is a free one.")
    ] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="With --web: print the link and open no browser.")] = False,
) -> None:
    """Open the terminal UI: status, workloads and logs, live."""
    from minikf.cli import render
    from minikf.errors import Refused

    chosen = platform_of(context, platform)
    if web:
        from minikf.tui.web import serve

        opens = not no_open and render.has_terminal()
        serve(chosen, port, lambda link: _offer(link, opens=opens), read_only=read_only)
        return
    if not render.has_terminal():
        raise Refused(
            "the terminal UI was not opened",
            cause="this is no terminal",
            advice="minikf status --json",
        )
    from minikf.tui import run

    raise typer.Exit(run(chosen, read_only=read_only))


def _offer(link: str, *, opens: bool) -> None:
    from minikf.cli import render
    from minikf.endpoints import open_in_browser

    render.text(link)
    if opens:
        open_in_browser(link)
