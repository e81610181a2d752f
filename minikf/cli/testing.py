"""Running the components' tests and telling what came of them, for `minikf test` and `minikf up --test`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from minikf.cli import render
from minikf.errors import ExitCode
from minikf.spec import Access

if TYPE_CHECKING:
    from minikf.smoke.model import Result


def tested(
    access: Access, components: Sequence[str], *, image: str = "", patience: float | None = None, as_json: bool
) -> list[Result]:
    """Follows the tests of these components, of all that the platform has where none is named."""
    from minikf.kube.rest import RestClient
    from minikf.smoke.progress import PATIENCE_SECONDS
    from minikf.smoke.run import run, wanted

    chosen = wanted(list(components), RestClient(access))
    return list(render.follow(run(access, chosen, image, patience or PATIENCE_SECONDS), as_json=as_json))


def show(results: Sequence[Result]) -> None:
    render.table(
        ("COMPONENT", "RESULT", "TOOK", "WHAT RAN"),
        [(one.component, one.outcome, f"{one.seconds:.1f} s", one.ran or one.cause) for one in results],
    )
    for one in results:
        for label, text in (("try", one.advice), ("left", one.left)):
            if text:
                render.text(f"  {one.component}: {label}: {text}")


def end(results: Sequence[Result]) -> None:
    """Ends the command with 9 where one failed."""
    if any(one.failed for one in results):
        raise typer.Exit(ExitCode.WORK_FAILED)
