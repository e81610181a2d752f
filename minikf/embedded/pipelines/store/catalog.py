"""Experiments, pipelines, versions and recurring runs, to and from their rows."""

from __future__ import annotations

import sqlite3
from typing import Any

from minikf.embedded.pipelines.store.documents import dumps, keep, loads
from minikf.embedded.pipelines.store.errors import AlreadyExists, NotFound
from minikf.embedded.pipelines.store.resources import Experiment, Pipeline, PipelineVersion, RecurringRun, Schedule

EXPERIMENT_COLUMNS = "id, name, namespace, description, archived, created, last_run"
PIPELINE_COLUMNS = "id, name, namespace, display_name, description, tags, created"
_DOCUMENTS = (
    "(SELECT body FROM document WHERE sha256 = pipeline_spec), (SELECT body FROM document WHERE sha256 = platform_spec)"
)
VERSION_COLUMNS = (
    "id, pipeline_id, name, display_name, description, code_source_url, package_url, tags, created, " + _DOCUMENTS
)
RECURRING_COLUMNS = (
    "id, name, namespace, description, experiment_id, pipeline_id, version_id, enabled, created, updated, body, "
    + _DOCUMENTS
)


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
        "INSERT INTO pipeline VALUES (?, ?, ?, ?, ?, ?, ?)",
        (made.id, made.name, made.namespace, made.display_name, made.description, dumps(made.tags), made.created),
    )


def add_version(connection: sqlite3.Connection, made: PipelineVersion) -> None:
    if connection.execute("SELECT 1 FROM pipeline WHERE id = ?", (made.pipeline_id,)).fetchone() is None:
        raise NotFound("pipeline", made.pipeline_id)
    _free(connection, "version", "pipeline_id", made.pipeline_id, made.name)
    connection.execute(
        "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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


def experiment(row: tuple[Any, ...]) -> Experiment:
    identity, name, namespace, description, archived, created, last_run = row[:7]
    return Experiment(identity, name, namespace, description, bool(archived), created, last_run)


def pipeline(row: tuple[Any, ...]) -> Pipeline:
    identity, name, namespace, display_name, description, tags, created = row[:7]
    return Pipeline(identity, name, namespace, display_name, description, loads(tags), created)


def version(row: tuple[Any, ...]) -> PipelineVersion:
    return PipelineVersion(
        id=row[0],
        pipeline_id=row[1],
        name=row[2],
        display_name=row[3],
        description=row[4],
        code_source_url=row[5],
        package_url=row[6],
        tags=loads(row[7]),
        created=row[8],
        pipeline_spec=loads(row[9]),
        platform_spec=loads(row[10]),
    )


def recurring(row: tuple[Any, ...]) -> RecurringRun:
    body = loads(row[10])
    return RecurringRun(
        id=row[0],
        name=row[1],
        namespace=row[2],
        description=row[3],
        experiment_id=row[4],
        pipeline_id=row[5],
        pipeline_version_id=row[6],
        enabled=bool(row[7]),
        created=row[8],
        updated=row[9],
        schedule=Schedule(**body.pop("schedule")),
        pipeline_spec=loads(row[11]),
        platform_spec=loads(row[12]),
        **body,
    )


def _free(connection: sqlite3.Connection, table: str, scope: str, inside: str, name: str) -> None:
    found = connection.execute(f"SELECT id FROM {table} WHERE {scope} = ? AND name = ?", (inside, name)).fetchone()
    if found is not None:
        kind = "pipeline version" if table == "version" else table
        raise AlreadyExists(kind, name, found[0])
