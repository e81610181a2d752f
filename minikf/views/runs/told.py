"""What is told of a run beside the run itself: artifacts, parameters of steps, what was cached.

MiniKF's daemon tells it in one answer (`/apis/v2beta1/minikf/lineage`). Elsewhere artifacts are asked for one by one,
and where the API has none, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.kube.rest import ApiAnswer
from minikf.kube.shapes import mapping, mappings
from minikf.lineage.masking import without_credentials
from minikf.pipelines.api import PipelinesApi
from minikf.views.runs.model import Made, Object

MOST_ARTIFACTS = 200  # asked for one by one
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_METRICS = ("system.Metrics", "Metric", "Metrics")


@dataclass(frozen=True)
class ToldTask:
    """`path` is the task's in the run, "" where it is not told; parameters are None where they are not told."""

    path: str = ""
    state: str = ""
    trigger: str = ""
    code: str = ""
    parameters: Mapping[str, Any] | None = None
    results: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Told:
    """By id: what is known of the run's artifacts (without the names under which steps have them) and tasks."""

    artifacts: Mapping[str, Made] = field(default_factory=dict)
    tasks: Mapping[str, ToldTask] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def told(api: PipelinesApi, run_id: str, artifact_ids: Iterable[str]) -> Told:
    """Raises Unreachable, or ApiAnswer where the API fails otherwise than by not having it."""
    question = {"run_ids": [run_id], "direction": "upstream"}
    try:
        return of_lineage(api.call("POST", "minikf/lineage", question), run_id)
    except ApiAnswer as answer:
        if answer.status not in _ABSENT:
            raise
    return _one_by_one(api, sorted(set(artifact_ids)))


def of_lineage(answer: Object, run_id: str) -> Told:
    """Pure."""
    artifacts = {str(one.get("artifact_id")): _made(one) for one in mappings(answer.get("artifacts"))}
    tasks = {
        str(one.get("task_id")): ToldTask(
            path=str(one.get("path") or ""),
            state=str(one.get("state") or ""),
            trigger=str(one.get("trigger") or ""),
            code=str(one.get("code_sha256") or ""),
            parameters=without_credentials(mapping(one.get("parameters"))),
            results=without_credentials(one["results"]) if isinstance(one.get("results"), dict) else None,
        )
        for one in mappings(answer.get("tasks"))
        if one.get("run_id") == run_id
    }
    return Told(artifacts, tasks)


def _one_by_one(api: PipelinesApi, ids: list[str]) -> Told:
    found: dict[str, Made] = {}
    for one in ids[:MOST_ARTIFACTS]:
        try:
            found[one] = _made(api.get(f"artifacts/{quote(one, safe='')}"))
        except ApiAnswer as answer:
            if answer.status not in _ABSENT:
                raise
            if not found:
                return Told({}, {}, ("the API of this platform's pipelines tells nothing of artifacts",))
    if len(ids) > MOST_ARTIFACTS:
        note = f"{len(ids) - MOST_ARTIFACTS} of {len(ids)} artifacts were not asked for"
        return Told(found, {}, (note,))
    return Told(found, {})


def _made(one: Object) -> Made:
    metadata = without_credentials(mapping(one.get("metadata")))
    kind = str(one.get("schema_title") or one.get("type") or "")
    size = one.get("size")
    return Made(
        name=str(one.get("name") or ""),
        id=str(one.get("artifact_id") or ""),
        type=kind,
        uri=str(without_credentials(str(one.get("uri") or ""))),
        size=size if isinstance(size, int) and one.get("content") not in ("NONE", "ELSEWHERE") else -1,
        content=str(one.get("content") or ""),
        sha256=str(one.get("sha256") or ""),
        metrics=_numbers(metadata) if kind in _METRICS else {},
        metadata=metadata,
    )


def _numbers(metadata: Object) -> dict[str, float]:
    return {
        str(name): value
        for name, value in metadata.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
