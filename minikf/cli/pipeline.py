"""minikf pipeline"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Platform
from minikf.cli.runoptions import api_of as _api

if TYPE_CHECKING:
    pass

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Pipeline = Annotated[
    str, typer.Argument(metavar="PIPELINE", help="The pipeline's id, the beginning of it, or its name.")
]


@app.callback()
def pipeline() -> None:
    """Upload, list and delete pipelines and their versions."""


@app.command("list")
def list_(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """List pipelines, newest first."""
    from minikf.cli import render

    items = list(_api(context, platform).every("pipelines", "pipelines", sort_by="created_at desc"))
    if as_json:
        render.data({"pipelines": items})
        return
    rows = [
        (one["pipeline_id"], _name(one), str(one["created_at"]), str(one.get("description") or "")) for one in items
    ]
    render.table(("PIPELINE", "NAME", "CREATED", "DESCRIPTION"), rows)


@app.command()
def show(context: typer.Context, pipeline: Pipeline, platform: Platform = "", as_json: Json = False) -> None:
    """Show a pipeline: its versions and what it takes."""
    from minikf.cli import render
    from minikf.verbs.arguments import describe
    from minikf.verbs.ir import Documents

    api = _api(context, platform)
    found = api.pipeline(pipeline)
    versions = api.versions(found["pipeline_id"])
    if as_json:
        render.data({"pipeline": found, "pipeline_versions": versions})
        return
    render.text(f"pipeline {found['pipeline_id']} ({_name(found)})")
    if versions:
        spec = versions[0]["pipeline_spec"]
        render.text(f"  takes {describe(Documents(spec.get('pipeline_spec', spec)))}")
    rows = [(one["pipeline_version_id"], _name(one), str(one["created_at"])) for one in versions]
    render.table(("VERSION", "NAME", "CREATED"), rows)


@app.command()
def upload(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .py or compiled .yaml file.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The pipeline, instead of the file's own.")] = "",
    version: Annotated[
        str, typer.Option("--version", metavar="NAME", help="The version's name, instead of the time.")
    ] = "",
    pipeline: Annotated[str, typer.Option("--pipeline", metavar="NAME", help="Which pipeline of the .py file.")] = "",
    dry_run: DryRun = False,
    output: Output = "yaml",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Upload a pipeline; one that is there gets a new version.

    --dry-run prints the request of v2beta1 that is sent: a pipeline with its first version, or a version.
    """
    from datetime import datetime
    from pathlib import Path

    from minikf.cli import render
    from minikf.cli.objects import check_output
    from minikf.cli.uploads import show_requests
    from minikf.verbs.runs import pipeline_request, version_request
    from minikf.verbs.source import documents

    check_output(output)
    found = documents(Path(file), pipeline)
    called = name or found.name
    label = version or f"{called} {datetime.now():%Y-%m-%d %H-%M-%S}"
    api = _api(context, platform)
    there = [one for one in api.every("pipelines", "pipelines") if called in (one.get("display_name"), one["name"])]
    if there:
        request, path = version_request(found, label), f"pipelines/{there[0]['pipeline_id']}/versions"
        request["pipeline_id"] = there[0]["pipeline_id"]
    else:
        request, path = pipeline_request(found, called, label), "pipelines/create"
    if dry_run:
        show_requests([request], output)
        return
    made = api.call("POST", path, request)
    if as_json:
        render.data(made)
        return
    added = f"version '{label}' is added" if there else "it is new"
    render.text(f"pipeline {made['pipeline_id']} ({called}): {added}")


@app.command()
def delete(context: typer.Context, pipeline: Pipeline, platform: Platform = "", as_json: Json = False) -> None:
    """Delete a pipeline with its versions; its runs stay."""
    from minikf.cli import render

    api = _api(context, platform)
    found = api.pipeline(pipeline)
    for one in api.versions(found["pipeline_id"]):
        api.call("DELETE", f"pipelines/{found['pipeline_id']}/versions/{one['pipeline_version_id']}")
    api.call("DELETE", f"pipelines/{found['pipeline_id']}")
    if as_json:
        render.data({"pipeline_id": found["pipeline_id"], "done": "is deleted"})
    else:
        render.text(f"pipeline {found['pipeline_id']} ({_name(found)}) is deleted")


@app.command()
def runs(
    context: typer.Context,
    pipeline: Pipeline,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many runs, newest first.")] = 20,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List the runs of a pipeline, newest first."""
    import json

    from minikf.cli import render

    api = _api(context, platform)
    identity = api.pipeline(pipeline)["pipeline_id"]
    wanted = {"predicates": [{"operation": "EQUALS", "key": "pipeline_id", "string_value": identity}]}
    items = list(api.every("runs", "runs", limit, sort_by="created_at desc", filter=json.dumps(wanted)))
    if as_json:
        render.data({"runs": items})
        return
    rows = [(one["run_id"], one["display_name"], one["state"], str(one["created_at"])) for one in items]
    render.table(("RUN", "NAME", "STATE", "CREATED"), rows)


def _name(one: dict[str, Any]) -> str:
    return str(one.get("display_name") or one.get("name") or "")
