"""minikf run"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.pipelines.api import PipelinesApi


def run(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FILE|PIPELINE", help="A .py or compiled .yaml file, or an uploaded pipeline.")
    ],
    arg: Annotated[
        list[str] | None, typer.Option("--arg", "-a", metavar="NAME=VALUE", help="An argument of the pipeline.")
    ] = None,
    pipeline: Annotated[str, typer.Option("--pipeline", metavar="NAME", help="Which pipeline of the .py file.")] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The run's name.")] = "",
    experiment: Annotated[
        str, typer.Option("--experiment", metavar="NAME", help="The experiment to put it in; made where it is missing.")
    ] = "",
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Reuse results of earlier runs.")] = True,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Tell each step until the run is over.")] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait silently until the run is over.")] = False,
    dry_run: DryRun = False,
    output: Output = "yaml",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Run a pipeline: a Python file or its compiled form.

    A file with several pipelines needs --pipeline. --dry-run prints the run as POST /apis/v2beta1/runs takes it. With
    --follow or --wait a run that fails gives exit code 9.
    """
    from pathlib import Path

    from minikf.cli import render
    from minikf.cli.leaving import listed
    from minikf.cli.objects import check_output
    from minikf.cli.runs import ended, hints
    from minikf.cli.uploads import show_requests
    from minikf.pipelines.reaching import api_of
    from minikf.status import access
    from minikf.verbs import ir
    from minikf.verbs import source as sources
    from minikf.verbs.arguments import typed
    from minikf.verbs.runs import experiment_request, run_request, version_run_request

    check_output(output)
    chosen, given = platform_of(context, platform), ir.named(arg or [])
    is_file = sources.is_file_name(source) or Path(source).is_file()
    documents = sources.documents(Path(source), pipeline) if is_file else None
    if documents is not None and not cache:
        documents = ir.without_cache(documents)
    requests: list[dict[str, Any]] = []
    # A file alone needs no platform to say what it would create.
    place = None if dry_run and documents and not experiment else access(chosen)
    api = api_of(place) if place else None
    experiment_id = ""
    if experiment and api is not None:
        found = api.experiment(experiment)
        experiment_id = str(found["experiment_id"]) if found else ""
        if not found:
            requests.append(experiment_request(experiment))
    if documents is not None:
        request = run_request(
            documents, name or stamped(documents.name), typed(documents, given), experiment_id=experiment_id
        )
    else:
        assert api is not None
        version = _newest(api, source, pipeline=pipeline, cache=cache)
        request = version_run_request(
            version,
            name or stamped(str(version["pipeline_name"])),
            typed(version["documents"], given),
            experiment_id=experiment_id,
        )
    if dry_run or api is None:
        show_requests([*requests, request], output)
        return
    for wanted in requests:
        request["experiment_id"] = api.call("POST", "experiments", wanted)["experiment_id"]
    made = api.call("POST", "runs", request)
    root = (documents or version["documents"]).remote_root
    if root and place is not None and place.engine == "embedded":
        render.note(f"the pipeline's root {root} is for a cluster; outputs are kept on this machine")
    if follow or wait:
        ended(api, made["run_id"], as_json=as_json, silent=wait and not follow, platform=chosen)
    elif as_json:
        render.data(made)
    else:
        render.text(f"run {made['run_id']} ({made['display_name']}) is on its way")
        render.text(listed(hints(made["run_id"], chosen)))


def stamped(name: str) -> str:
    """A run's name where none is given: as kfp.Client makes it, of the pipeline and the time."""
    from datetime import datetime

    return f"{name} {datetime.now():%Y-%m-%d %H-%M-%S}"


def _newest(api: PipelinesApi, wanted: str, *, pipeline: str, cache: bool) -> dict[str, Any]:
    """The newest version of an uploaded pipeline, with its documents. Raises Refused."""
    from minikf.errors import Refused, UsageError
    from minikf.verbs.ir import Documents

    if pipeline or not cache:
        raise UsageError("--pipeline and --no-cache are for files", cause=f"'{wanted}' is an uploaded pipeline")
    owner = api.pipeline(wanted)
    versions = api.versions(owner["pipeline_id"])
    if not versions:
        raise Refused(f"pipeline '{wanted}' has no version", advice=f"minikf pipeline upload FILE --name {wanted}")
    spec = versions[0]["pipeline_spec"]
    documents = Documents(spec.get("pipeline_spec", spec), spec.get("platform_spec") or {})
    return {**versions[0], "documents": documents, "pipeline_name": owner.get("display_name") or owner["name"]}
