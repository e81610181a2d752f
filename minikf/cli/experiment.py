"""minikf experiment"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli import experimentplot
from minikf.cli.options import Json, Namespace, Platform, platform_of
from minikf.cli.pictures import Plot
from minikf.cli.reaching import reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minikf.kube.rest import RestClient

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]


app.command("plot")(experimentplot.plot)
app.command("train")(experimentplot.train)


@app.callback()
def experiment() -> None:
    """List, follow, show, plot, extend and delete experiments."""


@app.command("list")
def list_(
    context: typer.Context, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """List experiments, newest first."""
    from minikf.cli import render
    from minikf.waiting.experiment import path_of, progress

    items = _client(context, platform).get(path_of(namespace))["items"]
    items.sort(key=lambda one: one["metadata"]["creationTimestamp"], reverse=True)
    if as_json:
        render.data({"experiments": items})
        return
    rows = [
        (one["metadata"]["name"], _state(one), one["metadata"]["creationTimestamp"], progress(one)) for one in items
    ]
    render.table(("EXPERIMENT", "STATE", "CREATED", "PROGRESS"), rows)


@app.command()
def show(
    context: typer.Context,
    name: Name,
    plot: Plot = False,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show an experiment and its trials, the best first."""
    from minikf.cli import render
    from minikf.waiting.experiment import assignments, path_of, progress, result_of, trials_path

    client = _client(context, platform)
    found = client.get(path_of(namespace, name))
    trials = client.get(trials_path(namespace, name))["items"]
    if as_json:
        render.data({"experiment": found, "trials": trials})
        return
    objective = found["spec"]["objective"]
    render.text(f"experiment {namespace}/{name}: {_state(found)}, {progress(found)}")
    ending = _last(found)
    if ending.get("message"):
        render.text(f"  {ending['message']}")
    if plot:
        from minikf.views.trials.experiment import experiment_of

        experimentplot.draw(experiment_of(found, trials))
    sign = -1 if objective["type"] == "maximize" else 1

    def rank(row: Sequence[str]) -> tuple[bool, float]:
        try:
            return False, sign * float(row[2])
        except ValueError:
            return True, 0.0

    rows = [
        (one["metadata"]["name"], _state(one), result_of(one.get("status") or {}, objective), assignments(one["spec"]))
        for one in trials
    ]
    if rows:
        render.table(("TRIAL", "STATE", objective["objectiveMetricName"].upper(), "PARAMETERS"), sorted(rows, key=rank))


@app.command()
def best(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Print the best parameters so far."""
    from minikf.cli import render
    from minikf.errors import Refused
    from minikf.waiting.experiment import path_of

    found = _client(context, platform).get(path_of(namespace, name))
    trial = (found.get("status") or {}).get("currentOptimalTrial")
    if not trial:
        raise Refused(
            f"experiment {namespace}/{name} has no best trial yet",
            cause=str(_last(found).get("message", "")),
            advice=f"minikf experiment show {name} -n {namespace}",
        )
    if as_json:
        render.data(trial)
        return
    for one in trial["parameterAssignments"]:
        render.text(f"{one['name']}={one['value']}")


@app.command()
def metrics(
    context: typer.Context,
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="The trial's name.")],
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Print every value that a trial reported."""
    from urllib.parse import urlencode

    from minikf.cli import render

    query = urlencode({"namespace": namespace, "trialName": trial})
    found = _client(context, platform).get(f"/katib/observation_log?{query}")
    if as_json:
        render.data(found)
        return
    logs = found["observationLog"]["metricLogs"]
    rows = [(one["timeStamp"], one["metric"]["name"], one["metric"]["value"]) for one in logs]
    render.table(("TIME", "METRIC", "VALUE"), rows)


@app.command()
def follow(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Tell how far an experiment is until its end.

    One that fails gives exit code 9.
    """
    from minikf.cli import render
    from minikf.cli.tune import followed

    found = followed(platform_of(context, platform), namespace, name, as_json=as_json)
    if as_json:
        render.data(found)


@app.command()
def extend(
    context: typer.Context,
    name: Name,
    trials: Annotated[int, typer.Option("--trials", min=1, metavar="N", help="The new number of trials in all.")],
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Give an experiment more trials; one that has ended goes on."""
    from minikf.cli import render
    from minikf.waiting.experiment import path_of

    client = _client(context, platform)
    found = client.get(path_of(namespace, name))
    found["spec"]["maxTrialCount"] = trials
    found = client.call("PUT", path_of(namespace, name), found)
    if as_json:
        render.data(found)
    else:
        render.text(f"experiment {namespace}/{name} has {trials} trials")


@app.command()
def delete(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Delete an experiment with its trials; what runs is ended."""
    from minikf.cli import render
    from minikf.waiting.experiment import path_of

    found = _client(context, platform).call("DELETE", path_of(namespace, name))
    if as_json:
        render.data(found)
    else:
        render.text(f"experiment {namespace}/{name} is deleted")


def _last(obj: Any) -> dict[str, Any]:
    conditions = (obj.get("status") or {}).get("conditions") or [{}]
    found: dict[str, Any] = conditions[-1]
    return found


def _state(obj: Any) -> str:
    return str(_last(obj).get("type", "Pending"))


def _client(context: typer.Context, platform: str) -> RestClient:
    return reached(context, platform)[1]
