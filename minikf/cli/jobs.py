"""minikf jobs"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.options import Json, Namespace, Platform, platform_of
from minikf.cli.pictures import Plot

if TYPE_CHECKING:
    from minikf.views.asking import Reach
    from minikf.views.training.curves import Curve
    from minikf.views.training.jobs import Job

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The job's name.")]
Kind = Annotated[
    str,
    typer.Option("--kind", metavar="KIND", help="Such as trainjobs or pytorchjobs, where several have the name."),
]


@app.callback()
def jobs() -> None:
    """Show training jobs of all kinds: nodes, logs, loss curves."""


@app.command("list")
def list_(
    context: typer.Context,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="One namespace instead of all.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List TrainJobs and the Training Operator's jobs, worst first."""
    from minikf.cli import render
    from minikf.views.text import span
    from minikf.views.training.questions import AskJobs

    found = AskJobs(namespace).answer(_reach(context, platform))
    if as_json:
        render.data([_data(job) for job in found])
        return
    head = ("NAMESPACE", "NAME", "STATE", "KIND", "RUNTIME", "NODES", "TOOK", "WHY")
    rows = [
        (job.item.namespace, job.item.name, job.item.verdict.state, _object_kind(job), job.runtime, job.ready,
         span(job.seconds(_now())), job.cause)
        for job in found
    ]  # fmt: skip
    render.table(head, rows)


@app.command()
def show(
    context: typer.Context,
    name: Name,
    kind: Kind = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show a training job: its replicas and the state of each node."""
    from minikf.cli import render
    from minikf.views.text import span

    job = _job(_reach(context, platform), namespace, name, kind)
    if as_json:
        render.data({**_data(job), "object": job.item.obj})
        return
    took = span(job.seconds(_now()))
    percent = f", {job.percent} % done" if job.percent is not None else ""
    render.text(f"{_object_kind(job)} {job.item.key}: {job.item.verdict.state}, {job.ready} nodes, {took}{percent}")
    if job.cause:
        render.text(f"  {job.cause}")
    if job.trial:
        render.text(f"  it is trial {job.trial}")
    if job.nodes:
        rows = [
            (node.name, node.state, str(node.restarts), str(node.gpus or ""), node.machine, node.pod, node.cause)
            for node in job.nodes
        ]
        render.table(("NODE", "STATE", "RESTARTS", "GPUS", "MACHINE", "POD", "WHY"), rows)


@app.command()
def metrics(
    context: typer.Context,
    name: Name,
    plot: Plot = False,
    kind: Kind = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Print what a job says of its loss and other metrics.

    Read are the first node's log (loss=0.1, loss: 0.1, JSON lines, Hugging Face's dictionaries, tqdm, XGBoost), else
    what Katib recorded, else the job's own status.
    """
    from minikf.cli import render
    from minikf.cli.pictures import ascii_only, room
    from minikf.tui.pictures.losses import loss_curves
    from minikf.tui.pictures.scale import number
    from minikf.tui.pictures.sparkline import whole_sparkline
    from minikf.views.training.questions import AskMetrics

    _checked(kind)
    found = AskMetrics(namespace, name, kind).answer(_reach(context, platform))
    curves = list(found.curves.by_name.values())
    if as_json:
        render.data({"job": found.job.item.name, "source": found.source, "metrics": {
            each.name: [{"value": _json(point.value), "step": point.step, "epoch": point.epoch} for point in each.all]
            for each in curves}})  # fmt: skip
        return
    if not curves:
        render.text(f"{found.job.item.name} has printed no metrics, such as loss=0.1")
        return
    if plot:
        render.text(str(loss_curves(found.curves, *room(), ascii_only=ascii_only())))
        return
    render.text(f"from {found.source}")
    plain = ascii_only()
    rows = [
        (each.name, str(each.count), _last(each, number), number(each.least) if each.least is not None else "",
         whole_sparkline([point.value for point in each.all], 30, ascii_only=plain))
        for each in curves
    ]  # fmt: skip
    render.table(("METRIC", "VALUES", "LAST", "LEAST", "COURSE"), rows)


@app.command()
def logs(
    context: typer.Context,
    name: Name,
    node: Annotated[
        str, typer.Option("--node", metavar="NODE", help="Such as 'worker 1', or the pod; else the first node.")
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="How many past lines to show.")] = 200,
    kind: Kind = "",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show the log of a training job's first node, or of another."""
    import json

    from minikf.cli import render
    from minikf.errors import Refused
    from minikf.logs import of_pod

    reach = _reach(context, platform)
    job = _job(reach, namespace, name, kind)
    found = [each for each in job.log_nodes if node in ("", each.name, each.pod, each.name.replace(" ", "-"))]
    if not found:
        names = ", ".join(f"'{each.name}'" for each in job.log_nodes)
        raise Refused(
            f"{name} has no node '{node}'" if node else f"{name} has no pods, so no log",
            cause=f"its nodes are {names}" if names else job.cause,
            advice=f"minikf jobs show {name} -n {namespace}",
        )
    chosen = found[0]
    for line in of_pod(reach.access(), namespace, chosen.pod, chosen.container, tail, follow=follow):
        render.text(json.dumps({"node": chosen.name, "pod": chosen.pod, "line": line}) if as_json else line)


def _reach(context: typer.Context, platform: str) -> Reach:
    from minikf.views.asking import Reach

    return Reach(platform_of(context, platform))


def _job(reach: Reach, namespace: str, name: str, kind: str) -> Job:
    from minikf.views.training.questions import AskJob

    _checked(kind)
    return AskJob(namespace, name, kind).answer(reach)


def _checked(kind: str) -> None:
    """Raises UsageError for what is no kind of training job."""
    from minikf.errors import UsageError
    from minikf.views.kinds import TRAINING

    if kind and kind not in TRAINING:
        raise UsageError(f"'{kind}' is no kind of training job", advice=f"--kind {'|'.join(TRAINING)}")


def _object_kind(job: Job) -> str:
    from minikf.views.kinds import BY_KIND

    return BY_KIND[job.kind].object_kind


def _data(job: Job) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "kind": _object_kind(job),
        "namespace": job.item.namespace,
        "name": job.item.name,
        "state": job.item.verdict.state,
        "cause": job.cause,
        "runtime": job.runtime,
        "trial": job.trial or None,
        "seconds": job.seconds(_now()),
        "percent": job.percent,
        "replicas": [asdict(each) for each in job.replicas],
        "nodes": [
            {"name": node.name, "pod": node.pod, "state": node.state, "ready": node.ready, "restarts": node.restarts,
             "cause": node.cause, "machine": node.machine, "gpus": node.gpus}
            for node in job.nodes
        ],
    }  # fmt: skip


def _last(curve: Curve, number: Any) -> str:
    return str(number(curve.last.value)) if curve.last else ""


def _json(value: float) -> float | str:
    """NaN and infinities are no JSON."""
    import math

    return value if math.isfinite(value) else repr(value)


def _now() -> float:
    from minikf.views.text import now

    return now().timestamp()
