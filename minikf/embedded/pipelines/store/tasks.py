"""Tasks and artifacts of runs, to and from their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minikf.embedded.pipelines.records import Artifact, Json, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.store.documents import dumps, loads
from minikf.embedded.pipelines.store.errors import ResultGone

ARTIFACT_COLUMNS = (
    "id, run_id, task, name, type, uri, sha256, size, metadata, created, code_sha256, pipeline_sha256, namespace"
)


@dataclass(frozen=True)
class Usage:
    """A task (`run_id`, `path`) that takes ("input") or gives ("output") an artifact under a name."""

    artifact_id: str
    run_id: str
    path: str
    role: str
    name: str


def put_tasks(connection: sqlite3.Connection, run_id: str, records: Iterable[TaskRecord]) -> tuple[TaskRecord, ...]:
    """Writes the records; output artifacts without an id are new and get one. The records as they are stored.

    Raises ResultGone where an artifact of a CACHED one is not there any more.
    """
    return tuple(_put_task(connection, replace(record, run_id=run_id)) for record in records)


def _put_task(connection: sqlite3.Connection, record: TaskRecord) -> TaskRecord:
    if record.state is TaskState.CACHED:
        _check_kept(connection, record)
    stored = replace(record, outputs=_identified(connection, record))
    connection.execute(
        "INSERT INTO task VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, path) DO UPDATE SET state = excluded.state,"
        " cache_key = excluded.cache_key, finished = excluded.finished, body = excluded.body",
        (stored.run_id, stored.path, stored.state.value, stored.cache_key, stored.finished, _body(stored)),
    )
    # A task that is tried again may end with other artifacts than those which it had before.
    connection.execute("DELETE FROM usage WHERE run_id = ? AND path = ?", (stored.run_id, stored.path))
    used = [
        (int(artifact.id), stored.run_id, stored.path, role, name)
        for role, values in (("input", stored.inputs), ("output", stored.outputs))
        for name, artifacts in values.artifacts.items()
        for artifact in artifacts
        if artifact.id
    ]
    connection.executemany(
        "INSERT OR IGNORE INTO usage SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM artifact WHERE id = ?)",
        [(*usage, usage[0]) for usage in used],
    )
    return stored


def _check_kept(connection: sqlite3.Connection, record: TaskRecord) -> None:
    """From this write on the artifacts have a user more, so a deletion of their run keeps them; before it, it may not
    have."""
    given = {int(one.id) for several in record.outputs.artifacts.values() for one in several if one.id}
    for identity in given:
        if connection.execute("SELECT 1 FROM artifact WHERE id = ?", (identity,)).fetchone() is None:
            raise ResultGone(record.path)


def _identified(connection: sqlite3.Connection, record: TaskRecord) -> Values:
    """The record's outputs with ids; the same new artifact that several outputs name is stored once."""
    known: dict[int, Artifact] = {}
    made_in = connection.execute("SELECT pipeline_spec, namespace FROM run WHERE id = ?", (record.run_id,)).fetchone()
    pipeline, namespace = made_in or ("", "")

    def identified(artifact: Artifact) -> Artifact:
        if artifact.id:
            return artifact
        if id(artifact) not in known:
            whole = replace(
                artifact,
                run_id=artifact.run_id or record.run_id,
                task=artifact.task or record.path,
                pipeline_sha256=pipeline,
                namespace=namespace,
            )
            known[id(artifact)] = replace(whole, id=_insert(connection, whole))
        return known[id(artifact)]

    return replace(
        record.outputs,
        artifacts={
            name: tuple(identified(artifact) for artifact in artifacts)
            for name, artifacts in record.outputs.artifacts.items()
        },
    )


def _insert(connection: sqlite3.Connection, artifact: Artifact) -> str:
    cursor = connection.execute(
        "INSERT INTO artifact (run_id, task, name, type, uri, sha256, size, metadata, created, code_sha256,"
        " pipeline_sha256, namespace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            artifact.run_id,
            artifact.task,
            artifact.name,
            artifact.type,
            artifact.uri,
            artifact.sha256,
            artifact.size,
            dumps(artifact.metadata),
            artifact.created,
            artifact.code_sha256,
            artifact.pipeline_sha256,
            artifact.namespace,
        ),
    )
    return str(cursor.lastrowid)


def artifact(row: tuple[Any, ...]) -> Artifact:
    """The artifact in a row of ARTIFACT_COLUMNS."""
    identity, run_id, task, name, type_, uri, sha256, size, metadata, created, code, pipeline, namespace = row[:13]
    return Artifact(
        name=name,
        type=type_,
        uri=uri,
        metadata=loads(metadata),
        sha256=sha256,
        size=size,
        id=str(identity),
        run_id=run_id,
        task=task,
        created=created,
        code_sha256=code,
        pipeline_sha256=pipeline,
        namespace=namespace,
    )


def task(run_id: str, path: str, state: str, body: str) -> TaskRecord:
    """The record in a row of task."""
    fields: dict[str, Any] = loads(body)
    return TaskRecord(
        run_id=run_id,
        path=path,
        state=TaskState(state),
        inputs=_values(fields.pop("inputs")),
        outputs=_values(fields.pop("outputs")),
        pods=tuple(fields.pop("pods")),
        **fields,
    )


def _body(record: TaskRecord) -> str:
    """All that is not in a column of its own for reading: the key and the state."""
    return dumps(
        {
            "name": record.name,
            "inputs": _plain(record.inputs),
            "outputs": _plain(record.outputs),
            "iterations": record.iterations,
            "attempts": record.attempts,
            "pods": record.pods,
            "cache_key": record.cache_key,
            "cached_from": record.cached_from,
            "error": record.error,
            "trigger": record.trigger,
            "created": record.created,
            "started": record.started,
            "finished": record.finished,
        }
    )


def _plain(values: Values) -> Mapping[str, Json]:
    return {
        "parameters": values.parameters,
        "artifacts": {name: [vars(one) for one in artifacts] for name, artifacts in values.artifacts.items()},
    }


def _values(plain: Mapping[str, Any]) -> Values:
    return Values(
        parameters=plain["parameters"],
        artifacts={name: tuple(Artifact(**one) for one in found) for name, found in plain["artifacts"].items()},
    )
