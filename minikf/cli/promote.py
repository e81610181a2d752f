"""minikf promote"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minikf.cli.defaulted import DEFAULT, Defaulted
from minikf.cli.options import Json, Platform, platform_of

app = typer.Typer(rich_markup_mode=None, add_completion=False, cls=Defaulted)

Roots = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ROOT...]",
        help="KIND/NAME, or NAME where only one kind has it; of a pipeline also NAME@VERSION.",
        show_default=False,
    ),
]
Target = Annotated[str, typer.Option("--to", metavar="TARGET", help="The target; see minikf target add.")]
OneTarget = Annotated[str, typer.Option("--to", metavar="TARGET", help="Only this target's.")]
Promotion = Annotated[str, typer.Argument(metavar="NAME", help="The promotion, as minikf promote list has it.")]


@app.callback()
def promote() -> None:
    """Bring workloads to another cluster, or write them down."""


@app.command(DEFAULT, hidden=True)
def root(
    context: typer.Context,
    roots: Roots = None,
    to: Target = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write a kustomize base there.")] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Show what would be done, and ask the target by a dry run.")
    ] = False,
    can_i: Annotated[
        bool, typer.Option("--can-i", help="Check against what is known of the target; no network is used.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each field that differs there, with its rule and the reason.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="End the promotion that was cut off.")] = False,
    sample: Annotated[
        list[Path] | None,
        typer.Option("--sample", metavar="FILE", help="Requests that services have to answer as they do here."),
    ] = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option("--tolerance", metavar="[OUTPUT=]NUMBER", help="How far numbers of answers may be apart."),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the promotion is called; else after its roots.")
    ] = "",
    diff: Annotated[
        bool, typer.Option("--diff", help="With --out: show what would change in DIR; exit code 8 if anything.")
    ] = False,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace to look in; else all.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Bring workloads to another cluster, or write them down.

    A root is a notebook, an inference service, a pipeline, a recurring run, a training job, an experiment or a
    PodDefault. What it references comes along, and nothing else does.

    With --to it goes to a target: checked before anything is written there, applied, waited for, and asked what the
    services answer here; where that fails the target is as it was before. With --out it is written as a kustomize base
    for any cluster; with --diff that is only shown, with the reason for each thing that is left out.
    """
    from minikf.cli import promoting
    from minikf.errors import UsageError

    chosen = platform_of(context, platform)
    if bool(to or resume) == bool(out):
        raise UsageError(
            "say where it goes: to a target, or to a folder",
            advice="minikf promote NAME --to TARGET, or minikf promote NAME --out DIR",
        )
    if out is not None:
        promoting.write(tuple(roots or ()), out, chosen, namespace, diff=diff, as_json=as_json)
    elif resume:
        promoting.resume(name or next(iter(roots or ()), ""), to, as_json=as_json)
    else:
        asked = promoting.asked(tuple(roots or ()), to, chosen, namespace, name, sample or [], tolerance or [])
        promoting.bring(
            asked, plan_only=plan_only, offline=can_i, explain=explain, yes=yes, as_json=as_json
        )  # fmt: skip


@app.command("list")
def list_(to: OneTarget = "", as_json: Json = False) -> None:
    """List promotions with what became of each run."""
    from minikf.cli import promoting

    promoting.listed(to, as_json=as_json)


@app.command()
def show(
    name: Promotion,
    run: Annotated[str, typer.Option("--run", metavar="ID", help="This run; else the last one.")] = "",
    as_json: Json = False,
) -> None:
    """Show what a promotion has put into its target."""
    from minikf.cli import promoting

    promoting.shown(name, run, as_json=as_json)


@app.command()
def undo(
    name: Promotion,
    run: Annotated[str, typer.Option("--run", metavar="ID", help="This run; else the last one.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Leave what others have changed since as they left it.")
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="KIND", help="Remove these too: PersistentVolumeClaim, for one."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a promotion back: the target is as it was before it."""
    from minikf.cli import promoting

    promoting.undo(name, run, yes=yes, anyway=anyway, remove=remove or [], as_json=as_json)


@app.command()
def drift(
    name: Promotion,
    to: OneTarget = "",
    as_json: Json = False,
) -> None:
    """Show what is another than was promoted; exit code 8 if any."""
    from minikf.cli import promoting

    promoting.drift(name, to, as_json=as_json)
