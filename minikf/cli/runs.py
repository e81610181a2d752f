"""minikf runs"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.leaving import goes_on
from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.pipelines.api import PipelinesApi

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, the beginning of it, or its name.")]


@app.callback()
def runs() -> None:
    """List, follow, cancel, retry and delete pipeline runs."""


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
    from minikf.pipelines.following import seconds

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
    rows = []
    for one in items:
        took = seconds(one)
        duration = f"{took:.1f} s" if took is not None else ""
        rows.append((one["run_id"], one["display_name"], one["state"], str(one["created_at"]), duration))
    render.table(("RUN", "NAME", "STATE", "CREATED", "TOOK"), rows)


@app.command()
def show(context: typer.Context, run: Run, platform: Platform = "", as_json: Json = False) -> None:
    """Show a run: its state, its steps and why they failed."""
    from minikf.cli import render
    from minikf.lineage.masking import without_credentials
    from minikf.pipelines.following import seconds, tasks

    found = _api(context, platform).run(run)
    if as_json:
        render.data(found)
        return
    render.text(f"run {found['run_id']} ({found['display_name']}): {found['state']}")
    took = seconds(found)
    render.text(f"  created {found['created_at']}" + (f", took {took:.1f} s" if took is not None else ""))
    parameters = without_credentials((found.get("runtime_config") or {}).get("parameters") or {})
    for name, value in parameters.items():
        render.text(f"  {name} = {value}")
    rows, errors = [], []
    for task in tasks(found):
        took = seconds(task)
        rows.append((task["display_name"], task.get("state", ""), f"{took:.1f} s" if took is not None else ""))
        if task.get("error"):
            errors.append(f"  {task['display_name']}: {task['error']['message']}")
    if rows:
        render.table(("STEP", "STATE", "TOOK"), rows)
    for line in errors or ([f"  {found['error']['message']}"] if found.get("error") else []):
        render.text(line)


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


def _api(context: typer.Context, platform: str) -> PipelinesApi:
    from minikf.kube.rest import RestClient
    from minikf.pipelines.api import PipelinesApi
    from minikf.status import access

    # A delete waits up to 40 s for the run's steps to end.
    return PipelinesApi(RestClient(access(platform_of(context, platform)), timeout=60.0))
