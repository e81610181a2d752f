"""minikf experiment plot, and minikf experiment train"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, Platform, platform_of

if TYPE_CHECKING:
    from minikf.views.trials.experiment import Experiment

Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")]


def plot(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Draw the objective over trials, and parallel coordinates.

    As large as the terminal. --json has the numbers that are drawn.
    """
    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.trials.questions import AskExperiment

    found = AskExperiment(namespace, name).answer(Reach(platform_of(context, platform)))
    if as_json:
        render.data(numbers(found))
    else:
        draw(found)


def train(
    context: typer.Context,
    name: Name,
    job: Annotated[str, typer.Option("--name", metavar="NAME", help="The job's name; else TRIAL-best.")] = "",
    runtime: Annotated[
        str, typer.Option("--runtime", metavar="NAME", help="The training runtime of trials that are plain Jobs.")
    ] = "plain-python",
    dry_run: DryRun = False,
    output: Output = "yaml",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Train with the best parameters: the best trial as a TrainJob.

    What ran as the trial runs again under a name of its own. Trials that are jobs of the Training Operator stay such.
    """
    from minikf.cli import render
    from minikf.cli.objects import check_output, show
    from minikf.commands import command
    from minikf.views.asking import Reach
    from minikf.views.trials.questions import AskBestJob, TrainBest

    check_output(output)
    chosen = platform_of(context, platform)
    asked = AskBestJob(namespace, name, job, runtime) if dry_run else TrainBest(namespace, name, job, runtime)
    made = asked.answer(Reach(chosen))
    if made.left_out:
        render.note(f"the trial had more than the job has: {', '.join(made.left_out)}")
    if dry_run:
        show([made.job], output)
    elif as_json:
        render.data(made.job)
    else:
        render.text(f"{made.kind} {namespace}/{made.name} is created from trial {made.trial.name}")
        for verb, more in (("logs", " --follow"), ("metrics", " --plot"), ("show", "")):
            again = command(f"jobs {verb} {made.name} -n {namespace}{more}", chosen)
            render.text(f"  {verb:<7} {again}")


def draw(experiment: Experiment) -> None:
    """Both pictures on stdout."""
    from minikf.cli import render
    from minikf.cli.pictures import ascii_only, room
    from minikf.tui.pictures.trials import objective_over_trials, parallel_coordinates

    width, height = room()
    for picture in (objective_over_trials, parallel_coordinates):
        render.text(str(picture(experiment, width, height, ascii_only=ascii_only())))


def numbers(experiment: Experiment) -> dict[str, Any]:
    """What the pictures show, in JSON's types: a value that is no finite number is a text."""
    best, so_far = experiment.best, dict(experiment.best_so_far)
    return {
        "experiment": experiment.name,
        "namespace": experiment.namespace,
        "objective": experiment.objective.name,
        "type": "maximize" if experiment.objective.maximizes else "minimize",
        "best": best.name if best else None,
        "trials": [
            {"name": one.name, "number": one.number, "state": one.state, "cause": one.cause,
             "value": one.value if one.counts else one.text or None, "bestSoFar": so_far.get(one.number),
             "seconds": one.seconds, "parameters": dict(one.parameters),
             "metrics": {each.name: {"min": each.least, "max": each.greatest, "latest": each.latest}
                         for each in one.metrics}}
            for one in experiment.trials
        ],
    }  # fmt: skip
