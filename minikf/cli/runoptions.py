"""What the commands of pipeline runs share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import platform_of

if TYPE_CHECKING:
    from minikf.pipelines.api import PipelinesApi

Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, the beginning of it, or its name.")]

# A delete waits up to 40 s for the run's steps to end.
_SECONDS = 60.0


def api_of(context: typer.Context, platform: str) -> PipelinesApi:
    """The pipelines' API of the platform that a command works on."""
    from minikf.pipelines.reaching import api_of as reach
    from minikf.status import access

    return reach(access(platform_of(context, platform)), _SECONDS)
