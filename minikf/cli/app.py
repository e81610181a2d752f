"""The program: its verbs and the options before them."""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.lazy import Section, Verb, group_of
from minikf.cli.options import DEFAULT_PLATFORM, Settings

# The help texts are the first lines of the verbs' own docstrings; a test compares them.
SECTIONS: tuple[Section, ...] = (
    Section(
        "Platform",
        (
            Verb("up", "minikf.cli.up:up", "Make the platform and start it; safe to repeat."),
            Verb(
                "status", "minikf.cli.status:status", "Show the platform's parts, and what blocks those that are ill."
            ),
            Verb("list", "minikf.cli.list:list_", "List objects of a kind with their state and its cause."),
            Verb("events", "minikf.cli.events:events", "Show the warnings that matter now, each once, newest first."),
            Verb("usage", "minikf.cli.usage:usage", "Show what machine and platform use: CPU, memory, disk, GPU."),
            Verb("test", "minikf.cli.test:test", "Test components by letting each do its work once."),
            Verb("env", "minikf.cli.env:env", "Print what to export for kubectl and the official SDKs."),
            Verb("kubeconfig", "minikf.cli.kubeconfig:app", "Print the platform's kubeconfig, or merge it into yours."),
            Verb("image", "minikf.cli.image:app", "Build images, and load them into the nodes of a cluster."),
            Verb("tui", "minikf.cli.tui:tui", "Open the terminal UI: status, workloads and logs, live."),
            Verb("open", "minikf.cli.open:open_", "List the platform's addresses, or open one of them."),
            Verb("logs", "minikf.cli.logs:logs", "Show the log of the daemon or of a pod; works without kubectl."),
            Verb(
                "port-forward",
                "minikf.cli.portforward:port_forward",
                "Forward an HTTP port of a pod and its successor.",
            ),
            Verb("stop", "minikf.cli.stop:stop", "Stop the platform and all that runs on it; keeps its data."),
            Verb("start", "minikf.cli.start:start", "Start a platform that was stopped."),
            Verb("down", "minikf.cli.down:down", "Stop the platform and remove it with its data; asks first."),
        ),
    ),
    Section(
        "Machine learning",
        (
            Verb("demo", "minikf.cli.demo:demo", "Run the whole journey: data, tuning, training, serving, drift."),
            Verb("run", "minikf.cli.run:run", "Run a pipeline: a Python file or its compiled form."),
            Verb("runs", "minikf.cli.runs:app", "List, draw, compare, repeat and end pipeline runs."),
            Verb("pipeline", "minikf.cli.pipeline:app", "Upload, list and delete pipelines and their versions."),
            Verb("train", "minikf.cli.train:train", "Train with a script or a function, as a TrainJob."),
            Verb("tune", "minikf.cli.tune:tune", "Look for the best parameters of a script or function."),
            Verb("experiment", "minikf.cli.experiment:app", "List, follow, show, plot, extend and delete experiments."),
            Verb("jobs", "minikf.cli.jobs:app", "Show training jobs of all kinds: nodes, logs, loss curves."),
            Verb("serve", "minikf.cli.serve:serve", "Serve a model file or a registered model."),
            Verb("models", "minikf.cli.models:app", "Show the model registry: models, versions, files, services."),
            Verb("services", "minikf.cli.services:app", "Show, try, measure and roll back InferenceServices."),
            Verb("notebook", "minikf.cli.notebook:app", "Create, open, stop, start and delete notebooks (JupyterLab)."),
            Verb("storage", "minikf.cli.storage:app", "Show claims, who mounts them and what is in them."),
            Verb("data", "minikf.cli.data:app", "Data sets with versions, stored once by content."),
            Verb("lineage", "minikf.cli.lineage:lineage", "Show which data and code made a model, and what it made."),
            Verb("promote", "minikf.cli.promote:app", "Bring workloads to another cluster, or write them down."),
            Verb("target", "minikf.cli.target:app", "Name the clusters to promote to, and look at them."),
        ),
    ),
    Section(
        "Distribution",
        (
            Verb("bundle", "minikf.cli.bundle:app", "Look at what can be installed, and verify every byte of it."),
            Verb("addon", "minikf.cli.addon:app", "Add components to a platform on a cluster, and take them away."),
        ),
    ),
    Section(
        "Help",
        (
            Verb("doctor", "minikf.cli.doctor:doctor", "Look for what keeps MiniKF from working well here."),
            Verb("version", "minikf.cli.version:version", "Print the versions of MiniKF and Python, and the engines."),
        ),
    ),
)

app = typer.Typer(
    name="minikf",
    cls=group_of(SECTIONS),
    rich_markup_mode=None,  # rich would double the time of `minikf --help`
    pretty_exceptions_enable=False,  # failures are rendered in one place, minikf.cli.render
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def minikf(
    context: typer.Context,
    platform: Annotated[
        str,
        typer.Option(
            "--platform", metavar="NAME", envvar="MINIKF_PLATFORM", help="The platform that the command works on."
        ),
    ] = DEFAULT_PLATFORM,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected failure.")] = False,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """All of Kubeflow on a laptop, in one command.

    Start with: minikf up, then minikf demo.
    """
    context.obj = Settings(platform, debug)
    if show_version:
        from minikf.cli import version

        version.version(as_json=False)
        raise typer.Exit
