"""Artifacts and the tasks that take and give them (upstream's ArtifactService), and lineage, which is our own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from minikf.embedded.pipelines import lineage as lineages
from minikf.embedded.pipelines.api import messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service, without_none
from minikf.embedded.pipelines.api.errors import invalid, not_found
from minikf.embedded.pipelines.api.lists import listing, page
from minikf.embedded.pipelines.api.times import written
from minikf.embedded.pipelines.execution.content import local, size_of
from minikf.embedded.pipelines.records import Artifact, RunRecord, TaskRecord, TaskState
from minikf.embedded.pipelines.spec.codehash import code_hash, component_at, container_of
from minikf.embedded.pipelines.store import Usage
from minikf.embedded.pipelines.store.listing import ARTIFACT_FIELDS

# ArtifactType of upstream's artifact.proto for the SDK's schema titles; custom ones are plain artifacts there.
_TYPES = {
    "system.Model": "Model",
    "system.Dataset": "Dataset",
    "system.HTML": "HTML",
    "system.Markdown": "Markdown",
    "system.Metrics": "Metric",
    "system.ClassificationMetrics": "ClassificationMetric",
    "system.SlicedClassificationMetrics": "SlicedClassificationMetric",
}
# IOType: what the records do not tell apart (loops, collected lists) is an input or an output.
_IO = {"input": "TASK_OUTPUT_INPUT", "output": "OUTPUT"}
_DEFAULT_SIZE, _MOST = 20, 200
_FUNCTION = "--function_to_execute"  # how the SDK's steps name theirs


def _list_of_texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > lineages.LIMIT:
        raise invalid(f"{where} must be a list of at most {lineages.LIMIT} texts")
    return tuple(messages.text(one, where) for one in value)


_QUESTION: messages.Shape = {
    "artifact_ids": _list_of_texts,
    "uris": _list_of_texts,
    "sha256": _list_of_texts,
    "names": _list_of_texts,
    "run_ids": _list_of_texts,
    "direction": messages.choice(lineages.BOTH, lineages.UP, lineages.DOWN),
}


async def get(service: Service, call: Call) -> Answer:
    found = service.store.artifact(call.ids["artifact_id"])
    if found is None:
        raise not_found(f"no artifact has the id '{call.ids['artifact_id'][:80]}'")
    return artifact(found)


async def list_all(service: Service, call: Call) -> Answer:
    """Of a namespace, or all."""
    equal = (("namespace", call.query["namespace"]),) if call.query.get("namespace") else ()
    listed = listing(call.query, ARTIFACT_FIELDS, equal)
    return page(service.store.artifact_page(listed), listed, call.query, "artifacts", artifact)


async def list_tasks(service: Service, call: Call) -> Answer:
    """Relations of the artifacts, runs and tasks that the query names; all of them where it names none."""
    ids, runs, tasks = (set(call.several(name)) for name in ("artifact_ids", "run_ids", "task_ids"))
    kind = call.query.get("type", "")
    if ids:
        usages = [usage for one in sorted(ids) for usage in service.store.usages(one)]
    elif runs:
        usages = [usage for one in sorted(runs) for usage in service.store.usages_of_run(one)]
    else:
        usages = list(service.store.every_usage())
    found = [
        one
        for one in usages
        if (not runs or one.run_id in runs)
        and (not tasks or views.task_id(one.run_id, one.path) in tasks)
        and kind in ("", _IO[one.role])
    ]
    start, size = _number(call, "page_token", 0), _number(call, "page_size", _DEFAULT_SIZE) or _DEFAULT_SIZE
    shown = found[start : start + min(size, _MOST)]
    following = start + len(shown)
    return without_none(
        artifact_tasks=[_artifact_task(service, one) for one in shown],
        total_size=len(found),
        next_page_token=str(following) if shown and following < len(found) else None,
    )


async def lineage(service: Service, call: Call) -> Answer:
    """Where the artifacts and runs of a question come from, what was made of them, and what they are made by."""
    said = messages.read(messages.parse(call.body), _QUESTION, "the question")
    found = lineages.walk(service.store, lineages.Question(**said))
    states = await asyncio.to_thread(_contents, list(found.artifacts.values()))
    runs: dict[str, Answer] = {}
    for key in [*found.tasks, *((one.run_id, "") for one in found.artifacts.values())]:
        if key[0] and key[0] not in runs:
            found.records(key[0])
            runs[key[0]] = _run(service, key[0], found.runs.get(key[0]))
    return {
        "seeds": found.seeds,
        "artifacts": [
            {**artifact(one), **_content(one), "content": states[one.id]} for one in found.artifacts.values()
        ],
        "tasks": [_task(found.runs.get(run_id), record) for (run_id, _path), record in found.tasks.items()],
        "runs": list(runs.values()),
        "same": sorted([earlier, later] for earlier, later in found.same),
        "told": sorted([identity, views.task_id(*key)] for identity, key in found.told),
        "truncated": found.truncated,
    }


def artifact(one: Artifact) -> Answer:
    """Upstream's message."""
    return without_none(
        artifact_id=one.id,
        name=one.name,
        type=_TYPES.get(one.type, "Artifact"),
        uri=one.uri or None,
        metadata=dict(one.metadata) or None,
        created_at=written(one.created),
        namespace=one.namespace,
    )


def _content(one: Artifact) -> Answer:
    """What upstream's message has no field for."""
    return {
        "schema_title": one.type,
        "sha256": one.sha256,
        "size": one.size,
        "code_sha256": one.code_sha256,
        "pipeline_sha256": one.pipeline_sha256,
        "run_id": one.run_id,
        "task_id": views.task_id(one.run_id, one.task),
        "task_path": one.task,
    }


def _contents(found: list[Artifact]) -> dict[str, str]:
    """PRESENT, MISSING, CHANGED (another size), ELSEWHERE (no local URI) or NONE (there never was a file), by id."""
    return {one.id: _state(one) for one in found}


def _state(one: Artifact) -> str:
    path = local(one.uri)
    if path is None:
        return "ELSEWHERE"
    if not one.sha256:
        return "NONE"
    size = size_of(path)
    if size is None:
        return "MISSING"
    return "PRESENT" if size == one.size else "CHANGED"


def _task(run: RunRecord | None, record: TaskRecord) -> Answer:
    spec: Mapping[str, Any] = run.pipeline_spec if run is not None else {}
    component = component_at(spec, record.path)
    container = container_of(spec, component)
    arguments = [str(one) for one in container.get("args") or []]
    function = arguments[arguments.index(_FUNCTION) + 1 :][:1] if _FUNCTION in arguments else []
    cached = record.cached_from.partition("/")
    return without_none(
        task_id=views.task_id(record.run_id, record.path),
        run_id=record.run_id,
        path=record.path,
        name=record.name,
        state=record.state.value,
        component=component or None,
        code_sha256=code_hash(spec, run.platform_spec if run is not None else {}, component) or None,
        image=container.get("image"),
        function=function[0] if function else None,
        parameters=dict(record.inputs.parameters),
        results=dict(record.outputs.parameters),
        trigger=record.trigger or None,
        inputs={name: [one.id for one in several] for name, several in record.inputs.artifacts.items()},
        outputs={name: [one.id for one in several] for name, several in record.outputs.artifacts.items()},
        cached_from=views.task_id(cached[0], cached[2]) if record.state is TaskState.CACHED and cached[1] else None,
        error=record.error or None,
    )


def _run(service: Service, run_id: str, run: RunRecord | None) -> Answer:
    if run is None:
        return {"run_id": run_id, "deleted": True}
    pipeline = service.store.pipeline(run.pipeline_id) if run.pipeline_id else None
    return without_none(
        run_id=run_id,
        deleted=False,
        display_name=run.name,
        state=run.state.value,
        namespace=run.namespace,
        created_at=written(run.created),
        pipeline=str((run.pipeline_spec.get("pipelineInfo") or {}).get("name", "")),
        pipeline_id=run.pipeline_id or None,
        pipeline_version_id=run.pipeline_version_id or None,
        uploaded_as=pipeline.display_name if pipeline is not None else None,
        pipeline_sha256=service.store.document_sha256(run.pipeline_spec),
    )


def _artifact_task(service: Service, usage: Usage) -> Answer:
    made = service.store.artifact(usage.artifact_id)
    return {
        "id": str(
            uuid.uuid5(
                uuid.NAMESPACE_URL, f"minikf/{usage.artifact_id}/{usage.run_id}/{usage.path}/{usage.role}/{usage.name}"
            )
        ),
        "artifact_id": usage.artifact_id,
        "run_id": usage.run_id,
        "task_id": views.task_id(usage.run_id, usage.path),
        "type": _IO[usage.role],
        "producer": _producer(made.task if made is not None else ""),
        "key": usage.name,
    }


def _producer(path: str) -> Answer:
    """The task's name, and in a loop its iteration."""
    iterations = [part.partition("[")[2].rstrip("]") for part in path.split("/") if part.endswith("]")]
    told: Answer = {"task_name": path.rpartition("/")[2].partition("[")[0]}
    return {**told, "iteration": iterations[-1]} if iterations else told


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise invalid(f"'{name}' must be a number, not '{text[:40]}'")
    return int(text)
