"""Reads a run with all that its graph says."""

from __future__ import annotations

from urllib.parse import quote

from minikf.kube.rest import ApiAnswer
from minikf.kube.shapes import mapping
from minikf.pipelines.api import PipelinesApi
from minikf.views.runs.joining import Context, document_of, graph_of
from minikf.views.runs.live import live_tasks
from minikf.views.runs.model import Object, RunGraph
from minikf.views.runs.told import told

_NOT_FOUND = 404


def read_graph(api: PipelinesApi, run: Object) -> RunGraph:
    """The graph of a run that the API answered with its tasks. Raises Unreachable or ApiAnswer."""
    run_id = str(run["run_id"])
    ids = [
        one
        for task in live_tasks(run)
        for several in (*task.inputs.values(), *task.outputs.values())
        for one in several
    ]
    experiment = experiment_of(api, str(run.get("experiment_id") or ""))
    return graph_of(
        run,
        Context(
            spec=specification(api, run),
            told=told(api, run_id, ids),
            experiment=str(experiment.get("display_name") or ""),
            pipeline=pipeline_name(api, run),
            namespace=str(experiment.get("namespace") or "default"),
        ),
    )


def specification(api: PipelinesApi, run: Object) -> Object:
    """The document that a run follows; {} where it is of a version that was deleted."""
    found = document_of(run)
    reference = mapping(run.get("pipeline_version_reference"))
    if found or not reference:
        return found
    pipeline, version = (str(reference.get(name) or "") for name in ("pipeline_id", "pipeline_version_id"))
    path = f"pipelines/{quote(pipeline, safe='')}/versions/{quote(version, safe='')}"
    return document_of(_optional(api, path)) if pipeline and version else {}


def pipeline_name(api: PipelinesApi, run: Object) -> str:
    """The name of the uploaded pipeline that a run is of, "" where it is of none."""
    identity = str(mapping(run.get("pipeline_version_reference")).get("pipeline_id") or "")
    found = _optional(api, f"pipelines/{quote(identity, safe='')}") if identity else {}
    return str(found.get("display_name") or found.get("name") or "")


def experiment_of(api: PipelinesApi, identity: str) -> Object:
    return _optional(api, f"experiments/{quote(identity, safe='')}") if identity else {}


def _optional(api: PipelinesApi, path: str) -> Object:
    """What may have been deleted meanwhile."""
    try:
        return api.get(path)
    except ApiAnswer as answer:
        if answer.status == _NOT_FOUND:
            return {}
        raise
