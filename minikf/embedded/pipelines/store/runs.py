"""Runs, to and from their rows."""

from __future__ import annotations

import sqlite3
from typing import Any

from minikf.embedded.pipelines.records import RunRecord, RunState
from minikf.embedded.pipelines.store.documents import SUBMITTED, dumps, keep, loads, sweep, with_documents

# Rows are read with their documents; the columns of `run` itself keep their plain names for filters and order.
_RUN = (
    "id, name, namespace, description, experiment_id, pipeline_id, version_id, recurring_run_id, service_account,"
    " state, archived, created, scheduled, finished, body"
)
COLUMNS = f"{_RUN}, {SUBMITTED}"


def put(connection: sqlite3.Connection, run: RunRecord) -> None:
    """Writes the record; a new run becomes its experiment's last one. Only `set_archived` archives a run that is there:
    whoever writes a new state has read the record before, and would undo it."""
    body = {
        "arguments": run.arguments,
        "pipeline_root": run.pipeline_root,
        "cache_disabled": run.cache_disabled,
        "history": run.history,
        "error": run.error,
    }
    connection.execute(
        "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, description = excluded.description, state = excluded.state,"
        " scheduled = excluded.scheduled, finished = excluded.finished, body = excluded.body",
        (
            run.id,
            run.name,
            run.namespace,
            run.description,
            run.experiment_id,
            run.pipeline_id,
            run.pipeline_version_id,
            run.recurring_run_id,
            run.service_account,
            run.state.value,
            run.archived,
            run.created,
            run.scheduled,
            run.finished,
            keep(connection, run.pipeline_spec),
            keep(connection, run.platform_spec),
            dumps(body),
        ),
    )
    connection.execute(
        "UPDATE experiment SET last_run = max(last_run, ?) WHERE id = ?", (run.created, run.experiment_id)
    )


def delete(connection: sqlite3.Connection, run_id: str) -> bool:
    """Removes a run with its tasks, and its artifacts but those that tasks of other runs took or gave.

    With the last run that used them, artifacts go that a run deleted before had left for it.
    """
    gone = connection.execute("DELETE FROM run WHERE id = ?", (run_id,)).rowcount == 1
    connection.execute(
        "DELETE FROM artifact WHERE run_id NOT IN (SELECT id FROM run) AND id NOT IN (SELECT artifact_id FROM usage)"
    )
    sweep(connection)
    return gone


def run(row: tuple[Any, ...]) -> RunRecord:
    """The record in a row of COLUMNS (more columns may follow)."""
    found = with_documents(_RUN, row)
    body = loads(found.pop("body"))
    read = {
        "pipeline_version_id": found.pop("version_id"),
        "state": RunState(found["state"]),
        "archived": bool(found["archived"]),
        "history": tuple((moment, state, error) for moment, state, error in body["history"]),
    }
    return RunRecord(**found | body | read)
