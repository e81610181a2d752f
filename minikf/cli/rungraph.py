"""minikf runs graph and minikf runs compare"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform
from minikf.cli.runoptions import Run, api_of


def graph(
    context: typer.Context,
    run: Run,
    form: Annotated[
        str, typer.Option("--form", metavar="auto|boxes|tree", help="How to draw it; auto takes what fits.")
    ] = "auto",
    whole: Annotated[bool, typer.Option("--all", help="Show each iteration of long loops.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Draw a run's steps and how they are, as a graph.

    --json prints its nodes, with what each step takes and gives, and its edges.
    """
    import shutil
    import sys

    from minikf.cli import render
    from minikf.errors import UsageError
    from minikf.views.runs.export import as_data
    from minikf.views.runs.flat import flat
    from minikf.views.runs.picture import NARROW, Look, draw_boxes, draw_tree
    from minikf.views.runs.reading import read_graph
    from minikf.views.text import now

    if form not in ("auto", "boxes", "tree"):
        raise UsageError(f"there is no form '{form}'", advice="use auto, boxes or tree")
    api = api_of(context, platform)
    found = read_graph(api, api.run(run))
    if as_json:
        render.data(as_data(found))
        return
    columns = shutil.get_terminal_size((100, 24)).columns
    look = Look(now())
    shown = flat(found, (), {step.id for step in found.steps} if whole else ())
    picture = draw_tree(shown, columns, look) if form == "tree" else draw_boxes(shown, look)
    if form == "auto" and (columns < NARROW or (picture.width > columns and sys.stdout.isatty())):
        picture = draw_tree(shown, columns, look)  # lines that a terminal breaks lead nowhere
    for line in picture.lines:
        render.spans(line)
    for note in found.notes:
        render.note(note)


def compare(
    context: typer.Context,
    left: Annotated[str, typer.Argument(metavar="A", help="A run: its id, the beginning of it, or its name.")],
    right: Annotated[str, typer.Argument(metavar="B", help="The run to compare it with.")],
    whole: Annotated[bool, typer.Option("--all", help="Show what is the same in both, too.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show what two runs differ in: parameters, steps, metrics.

    Artifacts are compared by their content. Durations are shown, but alone they are no difference.
    """
    from minikf.cli import render
    from minikf.views.runs.comparing import compare as comparison
    from minikf.views.runs.comparing import shown_change
    from minikf.views.runs.reading import read_graph
    from minikf.views.text import now

    api = api_of(context, platform)
    found = comparison(read_graph(api, api.run(left)), read_graph(api, api.run(right)), now())
    if as_json:
        render.data(found.as_dict())
        return
    render.text(f"A  {found.left.id} ({found.left.name})")
    render.text(f"B  {found.right.id} ({found.right.name})")
    nothing = True
    for title, rows in found.parts:
        shown = [row for row in rows if whole or row.differs or (title == "RUN" and row.name in ("state", "took"))]
        nothing = nothing and not any(row.differs for row in rows if row.name != "name")
        if shown:
            render.text()
            marked = [("*" if row.differs else "", row.name, row.left, row.right, shown_change(row)) for row in shown]
            render.table(("", title, "A", "B", "B - A"), marked)
    if nothing:
        render.text("\nThey differ in nothing but their times.")


def again(
    context: typer.Context,
    run: Run,
    arg: Annotated[
        list[str] | None, typer.Option("--arg", "-a", metavar="NAME=VALUE", help="Another value than it had.")
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The new run's name.")] = "",
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Reuse results of earlier runs.")] = True,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Tell each step until the run is over.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Make a run again: the same pipeline and parameters.

    It is a new run; to go on with a failed one, use minikf runs retry.
    """
    from datetime import datetime

    from minikf.cli import render
    from minikf.cli.leaving import listed
    from minikf.cli.options import platform_of
    from minikf.cli.runs import ended, hints
    from minikf.verbs import ir
    from minikf.views.runs.again import again_request
    from minikf.views.runs.reading import specification

    given = ir.named(arg or [])
    api = api_of(context, platform)
    found = api.run(run)
    request = again_request(found, specification(api, found), given, datetime.now(), name=name, cache=cache)
    made = api.call("POST", "runs", request)
    chosen = platform_of(context, platform)
    if follow:
        ended(api, made["run_id"], as_json=as_json, silent=False, platform=chosen)
    elif as_json:
        render.data(made)
    else:
        render.text(f"run {made['run_id']} ({made['display_name']}) is on its way")
        render.text(listed(hints(made["run_id"], chosen)))
