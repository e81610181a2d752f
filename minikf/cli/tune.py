"""minikf tune"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, Platform, platform_of


def tune(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(metavar="SCRIPT.py|FILE.py:FUNC|EXPERIMENT.yaml", help="What each trial runs, or a whole file."),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- ARGS]", help="The script's arguments; {NAME} is a parameter. NAME=VALUE for FUNC."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=SPACE", help="uniform(0,1), loguniform(1e-4,1), int(1,9), choice(a,b)."),
    ] = None,
    maximize: Annotated[str, typer.Option("--maximize", metavar="METRIC", help="The metric to make large.")] = "",
    minimize: Annotated[str, typer.Option("--minimize", metavar="METRIC", help="The metric to make small.")] = "",
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="NAME", help="Another metric to record; repeatable.")
    ] = None,
    goal: Annotated[
        float | None, typer.Option("--goal", metavar="N", help="Stop when the metric is this good.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, metavar="N", help="How many trials.")] = 20,
    parallel: Annotated[int, typer.Option("--parallel", min=1, metavar="N", help="How many at a time.")] = 2,
    max_failed: Annotated[
        int | None, typer.Option("--max-failed", min=0, metavar="N", help="Give up after this many failed trials.")
    ] = 3,
    algorithm: Annotated[str, typer.Option("--algorithm", metavar="NAME", help="How to search.")] = "tpe",
    setting: Annotated[
        list[str] | None, typer.Option("--setting", metavar="NAME=VALUE", help="A setting of the algorithm.")
    ] = None,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop a trial that is worse than the median of the others.")
    ] = False,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The experiment's name.")] = "",
    runtime: Annotated[str, typer.Option("--runtime", metavar="NAME", help="The training runtime.")] = "plain-python",
    package: Annotated[
        list[str] | None, typer.Option("--package", "-p", metavar="REQUIREMENT", help="Install a package first.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option("--env", "-e", metavar="NAME=VALUE", help="A variable of the environment.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Tell how far it is until the end.")] = False,
    dry_run: DryRun = False,
    output: Output = "yaml",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Look for the best parameters of a script or function.

    A trial prints its metrics as name=value. With --follow a failure gives exit code 9.
    """
    from minikf.cli import render
    from minikf.cli.objects import check_output, make, show, tell_relative
    from minikf.commands import command
    from minikf.verbs.tune import Budget

    check_output(output)
    chosen = platform_of(context, platform)
    if what.endswith((".yaml", ".yml", ".json")):
        made = _of_file(what, given=bool(param or maximize or minimize or arguments), namespace=namespace)
    else:
        tell_relative(arguments or [])
        asked = _Asked(what, arguments or [], param or [], package or [], env or [], runtime, namespace)
        made = _built(
            chosen,
            asked,
            _goal(maximize, minimize, goal, metric or []),
            Budget(trials, parallel, None if max_failed is None else min(max_failed, trials)),
            name=name,
            algorithm=algorithm,
            setting=setting or [],
            stop_early=stop_early,
        )
    if dry_run:
        show([made], output)
        return
    (created,) = make([made], chosen)
    meta = created["metadata"]
    if follow:
        created = followed(chosen, meta["namespace"], meta["name"], as_json=as_json)
    if as_json:
        render.data(created)
        return
    if not follow:
        render.text(f"experiment {meta['namespace']}/{meta['name']} is created")
    where = "" if meta["namespace"] == "default" else f" -n {meta['namespace']}"
    for verb in ("follow", "show", "best", "delete"):
        again = command(f"experiment {verb} {meta['name']}{where}", chosen)
        render.text(f"  {verb:<7} {again}")


class _Asked:
    """What was typed about the trials."""

    def __init__(
        self, what: str, arguments: list[str], params: list[str], packages: list[str], env: list[str], runtime: str,
        namespace: str,
    ) -> None:  # fmt: skip
        self.what, self.arguments, self.params, self.packages = what, arguments, params, packages
        self.env, self.runtime, self.namespace = env, runtime, namespace


def _built(
    platform: str, asked: _Asked, goal: Any, budget: Any, *, name: str, algorithm: str, setting: list[str],
    stop_early: bool,
) -> dict[str, Any]:  # fmt: skip
    import uuid

    from minikf.cli.train import runtime_of
    from minikf.errors import UsageError
    from minikf.kube.rest import RestClient
    from minikf.status import access
    from minikf.verbs import tune as verb
    from minikf.verbs.program import program
    from minikf.verbs.train import environment, train_job

    parameters = [verb.parameter(one) for one in asked.params]
    if not parameters:
        raise UsageError("there is nothing to tune", advice='--param "lr=loguniform(0.0001, 0.1)"')
    if ":" in asked.what.rpartition("/")[2]:
        found = program(asked.what, verb.function_arguments(asked.arguments, parameters))
        code = verb.with_values(found, parameters)
    else:
        code = program(asked.what, verb.script_arguments(asked.arguments, parameters))
    named = runtime_of(RestClient(access(platform)), asked.namespace, asked.runtime)
    job = train_job("trial", named, code, packages=asked.packages, env=environment(asked.env))
    return verb.experiment(
        name or verb.experiment_name(code.file, uuid.uuid4().hex[:5]),
        goal,
        budget,
        parameters,
        job,
        namespace=asked.namespace,
        algorithm=algorithm,
        settings=verb.settings_of(setting),
        stop_early=stop_early,
    )


def _goal(maximize: str, minimize: str, value: float | None, more: list[str]) -> Any:
    from minikf.errors import UsageError
    from minikf.verbs.tune import Goal

    if bool(maximize) == bool(minimize):
        raise UsageError("say which metric is to be made large or small", advice="--maximize accuracy, --minimize loss")
    return Goal(maximize or minimize, "maximize" if maximize else "minimize", value, tuple(more))


def _of_file(what: str, *, given: bool, namespace: str) -> dict[str, Any]:
    """The Experiment in a file. Raises UsageError."""
    import yaml

    from minikf.errors import UsageError

    if given:
        raise UsageError(f"{what} says itself what to tune", advice=f"minikf tune {what}")
    try:
        found = [one for one in yaml.safe_load_all(Path(what).read_text(encoding="utf-8")) if one]
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{what} cannot be read", cause=str(error), advice=f"ls {what}") from error
    if len(found) != 1 or not isinstance(found[0], dict) or found[0].get("kind") != "Experiment":
        raise UsageError(f"{what} holds no single Experiment", advice=f"kubectl create -f {what}")
    meta = found[0].get("metadata")
    if not isinstance(meta, dict):
        raise UsageError(f"the Experiment of {what} has no metadata", advice="give it a metadata.name")
    return {**found[0], "metadata": {"namespace": namespace, **meta}}


def followed(platform: str, namespace: str, name: str, *, as_json: bool) -> dict[str, Any]:
    """Tells how far an experiment is; returns it at its end. Raises WorkFailed."""
    from minikf.cli import render
    from minikf.cli.leaving import goes_on
    from minikf.commands import command
    from minikf.status import access
    from minikf.waiting.experiment import assignments, ended

    hints = {
        verb: command(f"experiment {verb} {name} -n {namespace}", platform) for verb in ("follow", "best", "delete")
    }
    with goes_on(f"experiment {namespace}/{name}", hints):
        found = render.follow(ended(access(platform), namespace, name), as_json=as_json)
    if not as_json:
        best = (found.get("status") or {}).get("currentOptimalTrial") or {}
        render.text(f"best: {assignments(best) or 'none'}")
    return found
