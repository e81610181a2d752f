"""The program: its verbs and the options before them."""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli import data, demo, doctor, down, env, logs, notebook, promote, start, status, stop, tui, up, version
from minikf.cli import open as open_
from minikf.cli.options import DEFAULT_PLATFORM, Settings

app = typer.Typer(
    name="minikf",
    rich_markup_mode=None,  # rich would double the time of `minikf --help`
    pretty_exceptions_enable=False,  # failures are rendered in one place, minikf.cli.render
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def minikf(
    context: typer.Context,
    platform: Annotated[
        str,
        typer.Option(
            "--platform", metavar="NAME", envvar="MINIKF_PLATFORM", help="The platform that the command works on."
        ),
    ] = DEFAULT_PLATFORM,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected failure.")] = False,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """All of Kubeflow on a laptop, in one command.

    Start with: minikf up, then minikf demo.
    """
    context.obj = Settings(platform, debug)
    if show_version:
        version.version(as_json=False)
        raise typer.Exit


for verb, function in (
    ("up", up.up),
    ("demo", demo.demo),
    ("status", status.status),
    ("env", env.env),
    ("tui", tui.tui),
    ("open", open_.open_),
    ("logs", logs.logs),
    ("promote", promote.promote),
    ("stop", stop.stop),
    ("start", start.start),
    ("down", down.down),
    ("doctor", doctor.doctor),
    ("version", version.version),
):
    app.command(verb)(function)

app.add_typer(data.app, name="data")
app.add_typer(notebook.app, name="notebook")
