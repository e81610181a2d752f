"""minikf promote"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.views.promotion.showing import Preview


def promote(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write to.")],
    roots: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROOT...]",
            help="KIND/NAME, or NAME where only one kind has it; of a pipeline also NAME@VERSION.",
            show_default=False,
        ),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change in DIR, and write nothing; exit code 8 if anything.")
    ] = False,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace to look in; else all.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Write workloads as a kustomize base for any cluster.

    A root is a notebook, an inference service, a pipeline, a recurring run, a training job, an experiment or a
    PodDefault. What it references comes along, and nothing else does.

    With --diff it is only shown: the folder as it is against what would be written, and for each object what is left
    out or said otherwise, with the reason.
    """
    from minikf.cli import render

    chosen = platform_of(context, platform)
    if diff:
        _differ(roots or [], out, chosen, namespace, as_json=as_json)
        return
    from minikf.promote import export

    report = export(roots or [], out, chosen, namespace or None)
    if as_json:
        render.data(report.as_dict())
        return
    for line in report.lines():
        render.text(line)


def _differ(roots: list[str], out: Path, platform: str, namespace: str, *, as_json: bool) -> None:
    from minikf.cli import render
    from minikf.errors import ExitCode
    from minikf.views.promotion.showing import preview

    found = preview(roots, out, platform, namespace)
    if as_json:
        render.data(found.as_dict())
    else:
        _tell(found)
    if found.changes:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _tell(found: Preview) -> None:
    """The diff on stdout, for a pager or patch; everything else on stderr."""
    from minikf.cli import render

    for line in found.diff:
        render.text(line)
    for one in found.exports:
        render.note(f"{one.ref}:")
        for left in one.left:
            render.note(f"  {left.path}: {left.what}, {left.why}")
    for need in found.report.needs:
        render.note(f"the target must have {need.kind} {need.name} ({need.reason})")
    for warning in found.report.warnings:
        render.note(warning)
    states = [one.state for one in found.files]
    told = ", ".join(f"{states.count(each)} {each}" for each in ("new", "changed", "gone", "same", "yours")
                     if each in states)  # fmt: skip
    render.note(f"{found.report.out}: {told}; nothing was written")
