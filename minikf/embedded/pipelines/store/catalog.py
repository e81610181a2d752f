"""Experiments, pipelines, versions and recurring runs, to and from their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from minikf.embedded.pipelines.store.documents import SUBMITTED, dumps, keep, loads, said, with_documents
from minikf.embedded.pipelines.store.errors import AlreadyExists, NotFound
from minikf.embedded.pipelines.store.resources import Experiment, Pipeline, PipelineVersion, RecurringRun, Schedule

Row = tuple[Any, ...]
EXPERIMENT_COLUMNS = "id, name, namespace, description, archived, created, last_run"
PIPELINE_COLUMNS = "id, name, namespace, display_name, description, tags, created, is_object"
_VERSION = "id, pipeline_id, name, display_name, description, code_source_url, package_url, tags, created, is_object"
_RECURRING = "id, name, namespace, description, experiment_id, pipeline_id, version_id, enabled, created, updated, body"
VERSION_COLUMNS = f"{_VERSION}, {SUBMITTED}"
RECURRING_COLUMNS = f"{_RECURRING}, {SUBMITTED}"


def add_experiment(connection: sqlite3.Connection, made: Experiment) -> None:
    _free(connection, "experiment", "namespace", made.namespace, made.name)
    connection.execute(
        "INSERT INTO experiment VALUES (?, ?, ?, ?, ?, ?, ?)",
        (made.id, made.name, made.namespace, made.description, made.archived, made.created, made.last_run),
    )


def set_archived(connection: sqlite3.Connection, experiment_id: str, archived: bool, now: float) -> None:
    """Archives an experiment with its runs, and disables its recurring runs; or brings back the experiment alone.

    Source: v2beta1's description of ArchiveExperiment and UnarchiveExperiment. Raises NotFound.
    """
    changed = connection.execute("UPDATE experiment SET archived = ? WHERE id = ?", (archived, experiment_id))
    if changed.rowcount != 1:
        raise NotFound("experiment", experiment_id)
    if archived:
        connection.execute("UPDATE run SET archived = 1 WHERE experiment_id = ?", (experiment_id,))
        connection.execute(
            "UPDATE recurring SET enabled = 0, updated = ? WHERE experiment_id = ? AND enabled = 1",
            (now, experiment_id),
        )


def add_pipeline(connection: sqlite3.Connection, made: Pipeline) -> None:
    _free(connection, "pipeline", "namespace", made.namespace, made.name)
    connection.execute(
        "INSERT INTO pipeline VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made.id,
            made.name,
            made.namespace,
            made.display_name,
            made.description,
            dumps(made.tags),
            made.created,
            made.is_object,
        ),
    )


def add_version(connection: sqlite3.Connection, made: PipelineVersion) -> None:
    if connection.execute("SELECT 1 FROM pipeline WHERE id = ?", (made.pipeline_id,)).fetchone() is None:
        raise NotFound("pipeline", made.pipeline_id)
    _free(connection, "version", "pipeline_id", made.pipeline_id, made.name)
    connection.execute(
        "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            made.id,
            made.pipeline_id,
            made.name,
            made.display_name,
            made.description,
            made.code_source_url,
            made.package_url,
            dumps(made.tags),
            keep(connection, made.pipeline_spec),
            keep(connection, made.platform_spec),
            made.created,
            made.is_object,
        ),
    )


def put_recurring(connection: sqlite3.Connection, made: RecurringRun) -> None:
    """Writes a recurring run; its experiment, namespace and documents stay what they were at first."""
    body = {
        "schedule": vars(made.schedule),
        "arguments": made.arguments,
        "pipeline_root": made.pipeline_root,
        "service_account": made.service_account,
        "max_concurrency": made.max_concurrency,
        "no_catchup": made.no_catchup,
        "last_scheduled": made.last_scheduled,
        "index": made.index,
        "error": made.error,
    }
    connection.execute(
        "INSERT INTO recurring VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, description = excluded.description, enabled = excluded.enabled,"
        " updated = excluded.updated, body = excluded.body",
        (
            made.id,
            made.name,
            made.namespace,
            made.description,
            made.experiment_id,
            made.pipeline_id,
            made.pipeline_version_id,
            made.enabled,
            made.created,
            made.updated,
            keep(connection, made.pipeline_spec),
            keep(connection, made.platform_spec),
            dumps(body),
        ),
    )


def experiment(row: Row) -> Experiment:
    found = said(EXPERIMENT_COLUMNS, row)
    return Experiment(**found | {"archived": bool(found["archived"])})


def pipeline(row: Row) -> Pipeline:
    found = said(PIPELINE_COLUMNS, row)
    return Pipeline(**found | _read(found))


def version(row: Row) -> PipelineVersion:
    found = with_documents(_VERSION, row)
    return PipelineVersion(**found | _read(found))


def _read(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"tags": loads(found["tags"]), "is_object": bool(found["is_object"])}


def recurring(row: Row) -> RecurringRun:
    found = with_documents(_RECURRING, row)
    body = loads(found.pop("body"))
    read = {
        "pipeline_version_id": found.pop("version_id"),
        "enabled": bool(found["enabled"]),
        "schedule": Schedule(**body.pop("schedule")),
    }
    return RecurringRun(**found | body | read)


def _free(connection: sqlite3.Connection, table: str, scope: str, inside: str, name: str) -> None:
    found = connection.execute(f"SELECT id FROM {table} WHERE {scope} = ? AND name = ?", (inside, name)).fetchone()
    if found is not None:
        kind = "pipeline version" if table == "version" else table
        raise AlreadyExists(kind, name, found[0])
