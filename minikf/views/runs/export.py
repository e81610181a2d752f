"""A run's graph as JSON: nodes and edges. Pure."""

from __future__ import annotations

from minikf.views.runs.model import Json, Made, Object, RunGraph, Step, Value


def as_data(graph: RunGraph) -> Object:
    """`edges` are as the document has them, between tasks of the same group; `parent` of a node is its group."""
    done, total = graph.progress
    return {
        "run_id": graph.id,
        "display_name": graph.name,
        "state": graph.state,
        "created_at": graph.created,
        "finished_at": graph.finished,
        "error": graph.error,
        "pipeline": graph.pipeline,
        "experiment": graph.experiment,
        "namespace": graph.namespace,
        "steps_done": done,
        "steps_total": total,
        "parameters": {value.name: value.value for value in graph.parameters},
        "nodes": steps_data(graph),
        "edges": [vars(link) for link in graph.links],
        "notes": list(graph.notes),
    }


def steps_data(graph: RunGraph) -> list[Object]:
    return [_step(step) for step in graph.steps]


def _step(step: Step) -> Object:
    plain = {
        "id": step.id,
        "name": step.name,
        "kind": step.kind,
        "parent": step.parent,
        "state": step.state,
        "started_at": step.started,
        "finished_at": step.finished,
        "pods": list(step.pods),
        "error": step.error,
        "note": step.note,
        "task_id": step.task_id,
        "code_sha256": step.code,
        "parameters": [_value(one) for one in step.parameters],
        "results": {one.name: one.value for one in step.results},
        "inputs": [_made(one) for one in step.takes],
        "outputs": [_made(one) for one in step.gives],
        "metrics": step.metrics,
    }
    return {key: value for key, value in plain.items() if value not in ("", [], {}) or key == "parent"}


def _value(one: Value) -> Object:
    found: dict[str, Json] = {"name": one.name}
    if one.known:
        found["value"] = one.value
    return found | ({"source": one.source} if one.source else {})


def _made(one: Made) -> Object:
    found = {**vars(one), "metrics": dict(one.metrics), "metadata": dict(one.metadata)}
    found["size"] = one.size if one.size >= 0 else None
    return {key: value for key, value in found.items() if value not in ("", {}, None)}
