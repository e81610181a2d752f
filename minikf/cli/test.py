"""minikf test"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def test(
    context: typer.Context,
    components: Annotated[
        list[str] | None, typer.Argument(metavar="[COMPONENT]...", help="Which ones; else all that the platform has.")
    ] = None,
    image: Annotated[
        str, typer.Option("--image", metavar="IMAGE", help="What pods of tests run: an image with Python.")
    ] = "",
    patience: Annotated[
        float | None,
        typer.Option(
            "--patience", min=1, metavar="SECONDS", help="Give up when nothing new happens for so long (120)."
        ),
    ] = None,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Test components by letting each do its work once.

    Each test works in a namespace of its own and removes it. Exit code 9 where one failed. `minikf status` shows the
    last results.
    """
    from minikf.cli import render
    from minikf.errors import ExitCode
    from minikf.kube.rest import RestClient
    from minikf.smoke.progress import PATIENCE_SECONDS
    from minikf.smoke.run import run, wanted
    from minikf.status import access

    reached = access(platform_of(context, platform))
    chosen = wanted(components or [], RestClient(reached))
    steps = run(reached, chosen, image, patience or PATIENCE_SECONDS)
    results = render.follow(steps, as_json=as_json)
    if as_json:
        render.data([one.as_dict() for one in results])
    else:
        render.table(
            ("COMPONENT", "RESULT", "TOOK", "WHAT RAN"),
            [(one.component, one.outcome, f"{one.seconds:.1f} s", one.ran or one.cause) for one in results],
        )
        for one in results:
            for label, text in (("try", one.advice), ("left", one.left)):
                if text:
                    render.text(f"  {one.component}: {label}: {text}")
    if any(one.failed for one in results):
        raise typer.Exit(ExitCode.WORK_FAILED)
