"""minikf runs"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.leaving import goes_on
from minikf.cli.options import Json, Platform, platform_of
from minikf.cli.rungraph import again, compare, graph
from minikf.cli.runoptions import Run
from minikf.cli.runoptions import api_of as _api

if TYPE_CHECKING:
    from minikf.pipelines.api import PipelinesApi

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
def runs() -> None:
    """List, draw, compare, repeat and end pipeline runs."""


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many runs, newest first.")] = 20,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="Only runs in this state, such as FAILED.")
    ] = "",
    experiment: Annotated[str, typer.Option("--experiment", metavar="NAME", help="Only runs of this experiment.")] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    import json

    from minikf.cli import render
    from minikf.errors import Refused
    from minikf.views.runs.listing import lines_of
    from minikf.views.runs.words import duration
    from minikf.views.text import age, now

    api = _api(context, platform)
    query = {"sort_by": "created_at desc"}
    if state:
        query["filter"] = json.dumps(
            {"predicates": [{"operation": "EQUALS", "key": "state", "string_value": state.upper()}]}
        )
    if experiment:
        found = api.experiment(experiment)
        if found is None:
            raise Refused(f"there is no experiment '{experiment}'", advice="minikf runs list")
        query["experiment_id"] = str(found["experiment_id"])
    items = list(api.every("runs", "runs", limit, **query))
    if as_json:
        render.data({"runs": items})
        return
    at = now()
    rows = [
        (one.id, one.name, one.state, one.progress, duration(one.seconds(at)), age(one.created, at), one.pipeline,
         one.experiment)
        for one in lines_of(api, items)
    ]  # fmt: skip
    render.table(("RUN", "NAME", "STATE", "STEPS", "TOOK", "AGE", "PIPELINE", "EXPERIMENT"), rows)


@app.command()
def show(context: typer.Context, run: Run, platform: Platform = "", as_json: Json = False) -> None:
    """Show a run: its steps, what they made and why they failed.

    --json prints the run as the API has it, and below `steps` what each step takes and gives.
    """
    from minikf.cli import render
    from minikf.cli.runshow import show as shown
    from minikf.views.runs.export import steps_data
    from minikf.views.runs.reading import read_graph

    api = _api(context, platform)
    found = api.run(run)
    graph = read_graph(api, found)
    if as_json:
        render.data({**found, "steps": steps_data(graph)})
    else:
        shown(found, graph)


app.command()(graph)
app.command()(compare)


@app.command()
def logs(
    context: typer.Context,
    run: Run,
    step: Annotated[str, typer.Argument(metavar="[STEP]", help="Only this step.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run is over.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="How many past lines of a step.")] = 200,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show what a run's steps printed, one step after the other."""
    import json

    from minikf.cli import render
    from minikf.pipelines.logs import of_run
    from minikf.status import access

    chosen = platform_of(context, platform)
    api: PipelinesApi = _api(context, platform)
    found = api.run(run)
    with goes_on(f"run {found['run_id']}", hints(found["run_id"], chosen)):
        for line in of_run(access(chosen), api, found, step, tail, follow=follow):
            told = {"step": line.step, "pod": line.pod, "line": line.text}
            render.text(json.dumps(told) if as_json else f"[{line.step}] {line.text}")


@app.command()
def follow(
    context: typer.Context,
    run: Run,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Tell each step of a run until it is over.

    A run that fails gives exit code 9.
    """
    api = _api(context, platform)
    ended(api, api.run(run)["run_id"], as_json=as_json, silent=False, platform=platform_of(context, platform))


app.command()(again)


@app.command()
def cancel(context: typer.Context, run: Run, platform: Platform = "", as_json: Json = False) -> None:
    """Cancel a run: its steps are ended."""
    _act(context, platform, run, "POST", ":terminate", "is canceled", as_json=as_json)


@app.command()
def retry(context: typer.Context, run: Run, platform: Platform = "", as_json: Json = False) -> None:
    """Retry a failed or canceled run; what succeeded stays."""
    _act(context, platform, run, "POST", ":retry", "goes on", as_json=as_json)


@app.command()
def delete(context: typer.Context, run: Run, platform: Platform = "", as_json: Json = False) -> None:
    """Delete a run with its records; one that goes on is canceled."""
    _act(context, platform, run, "DELETE", "", "is deleted", as_json=as_json)


def ended(api: PipelinesApi, run_id: str, *, as_json: bool, silent: bool, platform: str) -> None:
    """Waits for a run's end and tells it. Raises WorkFailed; Ctrl-C leaves the run and says so."""
    from minikf.cli import render
    from minikf.pipelines.following import check, seconds
    from minikf.pipelines.following import follow as steps_of

    with goes_on(f"run {run_id}", hints(run_id, platform)):
        steps = steps_of(api, run_id)
        run = _last(steps) if silent else render.follow(steps, as_json=as_json)
    if as_json:
        render.data(run)
    check(run)
    if not as_json:
        render.text(f"run {run_id} ({run['display_name']}) is {run['state']} after {seconds(run) or 0:.1f} s")


def hints(run_id: str, platform: str) -> dict[str, str]:
    """How to go on with a run."""
    from minikf.commands import command

    return {label: command(f"runs {label} {run_id}", platform) for label in ("follow", "cancel")}


def _last(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _act(
    context: typer.Context, platform: str, wanted: str, method: str, verb: str, told: str, *, as_json: bool
) -> None:
    from minikf.cli import render

    api = _api(context, platform)
    found = api.run(wanted)
    api.call(method, f"runs/{found['run_id']}{verb}")
    if as_json:
        render.data({"run_id": found["run_id"], "display_name": found["display_name"], "done": told})
    else:
        render.text(f"run {found['run_id']} ({found['display_name']}) {told}")
