"""The store of pipelines: what was, and what may be asked about it."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from minikf.embedded.pipelines.records import Artifact, RunRecord, TaskRecord
from minikf.embedded.pipelines.store import catalog, runs, tasks
from minikf.embedded.pipelines.store.database import Database, Row
from minikf.embedded.pipelines.store.documents import digest, dumps, sweep
from minikf.embedded.pipelines.store.errors import NotFound
from minikf.embedded.pipelines.store.listing import Listing, Page, query
from minikf.embedded.pipelines.store.resources import Experiment, Pipeline, PipelineVersion, RecurringRun
from minikf.embedded.pipelines.store.tasks import ARTIFACT_COLUMNS, Usage

DEFAULT_EXPERIMENT = "Default"
T = TypeVar("T")


class PipelineStore:
    """Writes are awaited and durable when they return; reads are plain calls that see all writes that have returned.

    Every call may raise StoreFailed; what is not there is None for reads and NotFound for changes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path, namespace: str = "default", clock: Callable[[], float] = time.time) -> PipelineStore:
        """Opens or makes the file; `namespace` gets a Default experiment where the file has no experiment yet.

        Raises Refused where the file is none, is of a later MiniKF, or cannot be used.
        """
        database = Database.open(path)

        def first(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM experiment").fetchone() is None:
                made = Experiment(str(uuid.uuid4()), DEFAULT_EXPERIMENT, namespace, created=clock())
                catalog.add_experiment(connection, made)

        database.transaction(first)
        return cls(database)

    async def close(self) -> None:
        await self._database.close()

    # Runs

    def run(self, run_id: str) -> RunRecord | None:
        return self._one("run", runs.COLUMNS, "id = ?", (run_id,), runs.run)

    def runs(self, listing: Listing | None = None) -> Page[RunRecord]:
        return self._page("run", runs.COLUMNS, listing or Listing(), runs.run)

    def run_ids(self) -> set[str]:
        return {str(row[0]) for row in self._database.rows("SELECT id FROM run")}

    def uris_of_gone_runs(self) -> set[str]:
        """Where artifacts are that other runs use, and whose own run was deleted."""
        sql = "SELECT DISTINCT uri FROM artifact WHERE run_id NOT IN (SELECT id FROM run)"
        return {str(row[0]) for row in self._database.rows(sql)}

    def unfinished_runs(self) -> tuple[RunRecord, ...]:
        """Runs that are not over, oldest first."""
        sql = f"SELECT {runs.COLUMNS} FROM run WHERE state IN ('PENDING', 'RUNNING', 'CANCELING') ORDER BY created, id"
        return tuple(runs.run(row) for row in self._database.rows(sql))

    async def put_run(self, run: RunRecord) -> None:
        """Makes the run or changes it; its namespace, experiment, documents and `archived` stay.

        Raises NotFound for the experiment of a new run.
        """

        def work(connection: sqlite3.Connection) -> None:
            if not _exists(connection, "run", run.id):
                _known(connection, run.experiment_id)
            runs.put(connection, run)

        await self._database.write(work)

    async def set_archived(self, run_id: str, archived: bool) -> None:
        """Only this field, whatever else changes meanwhile. Raises NotFound."""

        def work(connection: sqlite3.Connection) -> None:
            if connection.execute("UPDATE run SET archived = ? WHERE id = ?", (archived, run_id)).rowcount != 1:
                raise NotFound("run", run_id)

        await self._database.write(work)

    async def delete_run(self, run_id: str) -> None:
        """With its tasks, and its artifacts but those that other runs' tasks took or gave. Raises NotFound."""

        def work(connection: sqlite3.Connection) -> None:
            if not runs.delete(connection, run_id):
                raise NotFound("run", run_id)

        await self._database.write(work)

    @staticmethod
    def document_sha256(document: Mapping[str, Any]) -> str:
        """The hash by which the store keeps a document."""
        return digest(document)

    # Tasks and artifacts

    def tasks(self, run_id: str) -> dict[str, TaskRecord]:
        """By path, in the order in which they came to be."""
        rows = self._database.rows("SELECT path, state, body FROM task WHERE run_id = ? ORDER BY rowid", (run_id,))
        return {path: tasks.task(run_id, path, state, body) for path, state, body in rows}

    async def put_tasks(
        self, run_id: str, records: Iterable[TaskRecord], run: RunRecord | None = None
    ) -> tuple[TaskRecord, ...]:
        """Writes tasks, the artifacts they give and, where told, the run's own record: all of it or nothing.

        Gives the records back with the ids of new artifacts. Raises NotFound: run, and ResultGone: a cached result.
        """
        records = tuple(records)

        def work(connection: sqlite3.Connection) -> tuple[TaskRecord, ...]:
            if run is not None:
                runs.put(connection, run)
            elif not _exists(connection, "run", run_id):
                raise NotFound("run", run_id)
            return tasks.put_tasks(connection, run_id, records)

        return await self._database.write(work)

    async def delete_tasks(self, run_id: str, paths: Iterable[str]) -> None:
        """Forgets tasks of a run, as a retry does before they run again; their artifacts stay."""
        keys = [(run_id, path) for path in paths]
        await self._database.write(
            lambda connection: connection.executemany("DELETE FROM task WHERE run_id = ? AND path = ?", keys)
        )

    def find_cached(self, cache_key: str, limit: int = 8) -> tuple[TaskRecord, ...]:
        """Tasks that succeeded with this key, the newest first."""
        rows = self._database.rows(
            "SELECT run_id, path, state, body FROM task WHERE cache_key = ? AND cache_key <> '' AND state = 'SUCCEEDED'"
            " ORDER BY finished DESC, rowid DESC LIMIT ?",
            (cache_key, limit),
        )
        return tuple(tasks.task(run_id, path, state, body) for run_id, path, state, body in rows)

    def artifact(self, artifact_id: str) -> Artifact | None:
        if not artifact_id.isascii() or not artifact_id.isdecimal() or len(artifact_id) > 18:
            return None
        return self._one("artifact", ARTIFACT_COLUMNS, "id = ?", (int(artifact_id),), tasks.artifact)

    def artifacts(self, run_id: str) -> tuple[Artifact, ...]:
        """Those that the run's tasks made, oldest first."""
        return self._artifacts("run_id = ?", run_id)

    def artifacts_at(self, uri: str) -> tuple[Artifact, ...]:
        """Those that are known at a URI, oldest first."""
        return self._artifacts("uri = ?", uri)

    def artifacts_with(self, sha256: str) -> tuple[Artifact, ...]:
        """Those of this content, oldest first; none for ""."""
        return self._artifacts("sha256 = ? AND sha256 <> ''", sha256)

    def artifacts_named(self, name: str) -> tuple[Artifact, ...]:
        """Those that have this name, oldest first."""
        return self._artifacts("name = ?", name)

    def artifact_page(self, listing: Listing | None = None) -> Page[Artifact]:
        found = self._page("artifact", ARTIFACT_COLUMNS, listing or Listing(), tasks.artifact)
        return found if found.next is None else replace(found, next=(found.next[0], str(found.next[1])))

    def usages_of_run(self, run_id: str) -> tuple[Usage, ...]:
        """Which artifacts the run's tasks take and give."""
        rows = self._database.rows(
            "SELECT artifact_id, run_id, path, role, name FROM usage WHERE run_id = ?"
            " ORDER BY path, role DESC, name, artifact_id",
            (run_id,),
        )
        return tuple(Usage(str(identity), *row) for identity, *row in rows)

    def every_usage(self) -> tuple[Usage, ...]:
        rows = self._database.rows(
            "SELECT artifact_id, run_id, path, role, name FROM usage"
            " ORDER BY artifact_id, role DESC, run_id, path, name",
            (),
        )
        return tuple(Usage(str(identity), *row) for identity, *row in rows)

    def usages(self, artifact_id: str) -> tuple[Usage, ...]:
        """The tasks that take or give the artifact: its consumers and producers."""
        rows = self._database.rows(
            "SELECT run_id, path, role, name FROM usage WHERE artifact_id = CAST(? AS INTEGER)"
            " ORDER BY role DESC, run_id, path, name",
            (artifact_id,),
        )
        return tuple(Usage(artifact_id, *row) for row in rows)

    # Experiments

    def experiment(self, experiment_id: str) -> Experiment | None:
        return self._one("experiment", catalog.EXPERIMENT_COLUMNS, "id = ?", (experiment_id,), catalog.experiment)

    def experiment_named(self, namespace: str, name: str) -> Experiment | None:
        where = "namespace = ? AND name = ?"
        return self._one("experiment", catalog.EXPERIMENT_COLUMNS, where, (namespace, name), catalog.experiment)

    def experiments(self, listing: Listing | None = None) -> Page[Experiment]:
        return self._page("experiment", catalog.EXPERIMENT_COLUMNS, listing or Listing(), catalog.experiment)

    async def add_experiment(self, made: Experiment) -> None:
        """Raises AlreadyExists where its name is taken in its namespace."""
        await self._database.write(lambda connection: catalog.add_experiment(connection, made))

    async def archive_experiment(self, experiment_id: str, archived: bool, now: float) -> None:
        """Archiving takes its runs along and disables its recurring runs. Raises NotFound."""
        await self._database.write(lambda connection: catalog.set_archived(connection, experiment_id, archived, now))

    async def delete_experiment(self, experiment_id: str) -> None:
        """Alone, as v2beta1 says: its runs and recurring runs stay and keep its id. Raises NotFound."""
        await self._delete("experiment", experiment_id)

    # Pipelines and versions

    def pipeline(self, pipeline_id: str) -> Pipeline | None:
        return self._one("pipeline", catalog.PIPELINE_COLUMNS, "id = ?", (pipeline_id,), catalog.pipeline)

    def pipeline_named(self, namespace: str, name: str) -> Pipeline | None:
        where = "namespace = ? AND name = ?"
        return self._one("pipeline", catalog.PIPELINE_COLUMNS, where, (namespace, name), catalog.pipeline)

    def pipelines(self, listing: Listing | None = None) -> Page[Pipeline]:
        return self._page("pipeline", catalog.PIPELINE_COLUMNS, listing or Listing(), catalog.pipeline)

    def version(self, version_id: str) -> PipelineVersion | None:
        return self._one("version", catalog.VERSION_COLUMNS, "id = ?", (version_id,), catalog.version)

    def newest_version(self, pipeline_id: str) -> PipelineVersion | None:
        where = "pipeline_id = ? ORDER BY created DESC, rowid DESC LIMIT 1"
        return self._one("version", catalog.VERSION_COLUMNS, where, (pipeline_id,), catalog.version)

    def versions(self, listing: Listing | None = None) -> Page[PipelineVersion]:
        return self._page("version", catalog.VERSION_COLUMNS, listing or Listing(), catalog.version)

    async def add_pipeline(self, made: Pipeline, version: PipelineVersion | None = None) -> None:
        """A pipeline, with its first version where there is one. Raises AlreadyExists."""

        def work(connection: sqlite3.Connection) -> None:
            catalog.add_pipeline(connection, made)
            if version is not None:
                catalog.add_version(connection, version)

        await self._database.write(work)

    async def add_version(self, made: PipelineVersion) -> None:
        """Raises NotFound: pipeline, and AlreadyExists where its name is taken in the pipeline."""
        await self._database.write(lambda connection: catalog.add_version(connection, made))

    async def describe(
        self,
        kind: str,
        identity: str,
        display_name: str,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> None:
        """Changes what may be changed of a "pipeline" or a "version"; what is None stays. Raises NotFound."""
        assert kind in ("pipeline", "version")
        values = (display_name, None if tags is None else dumps(tags), description, identity)

        def work(connection: sqlite3.Connection) -> None:
            found = connection.execute(
                f"UPDATE {kind} SET display_name = ?, tags = coalesce(?, tags), description = coalesce(?, description)"
                " WHERE id = ?",
                values,
            )
            if found.rowcount != 1:
                raise NotFound(kind, identity)

        await self._database.write(work)

    async def delete_pipeline(self, pipeline_id: str) -> None:
        """With its versions; runs keep the documents that they were made of. Raises NotFound."""
        await self._delete("pipeline", pipeline_id)

    async def delete_version(self, version_id: str) -> None:
        """Raises NotFound."""
        await self._delete("version", version_id)

    # Recurring runs

    def recurring_run(self, recurring_run_id: str) -> RecurringRun | None:
        where, columns = "id = ?", catalog.RECURRING_COLUMNS
        return self._one("recurring", columns, where, (recurring_run_id,), catalog.recurring)

    def recurring_runs(self, listing: Listing | None = None) -> Page[RecurringRun]:
        return self._page("recurring", catalog.RECURRING_COLUMNS, listing or Listing(), catalog.recurring)

    def unfinished_of(self, recurring_run_id: str) -> int:
        """How many runs of a recurring run are not over."""
        sql = (
            "SELECT count(*) FROM run WHERE recurring_run_id = ? AND recurring_run_id <> ''"
            " AND state IN ('PENDING', 'RUNNING', 'CANCELING')"
        )
        row = self._database.row(sql, (recurring_run_id,))
        return 0 if row is None else int(row[0])

    async def put_recurring_run(self, made: RecurringRun) -> None:
        """Makes or changes it. Raises NotFound for the experiment of a new one."""

        def work(connection: sqlite3.Connection) -> None:
            if not _exists(connection, "recurring", made.id):
                _known(connection, made.experiment_id)
            catalog.put_recurring(connection, made)

        await self._database.write(work)

    async def note_scheduled(self, recurring: RecurringRun, run: RunRecord | None) -> bool:
        """Notes that a recurring run's time was served, with the run made for it: all of it or nothing.

        False, and nothing is written, where it was deleted or disabled, or a later time was served already.
        """

        def work(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                f"SELECT {catalog.RECURRING_COLUMNS} FROM recurring WHERE id = ?", (recurring.id,)
            ).fetchone()
            now = None if row is None else catalog.recurring(row)
            if now is None or not now.enabled or now.last_scheduled >= recurring.last_scheduled:
                return False
            served = {"last_scheduled": recurring.last_scheduled, "index": recurring.index, "error": recurring.error}
            catalog.put_recurring(connection, replace(now, **served))  # type: ignore[arg-type]  # fields of its own
            if run is not None:
                runs.put(connection, run)
            return True

        return await self._database.write(work)

    async def delete_recurring_run(self, recurring_run_id: str) -> None:
        """Its runs stay. Raises NotFound."""
        await self._delete("recurring", recurring_run_id)

    async def _delete(self, table: str, identity: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if connection.execute(f"DELETE FROM {table} WHERE id = ?", (identity,)).rowcount != 1:
                kinds = {"version": "pipeline version", "recurring": "recurring run"}
                raise NotFound(kinds.get(table, table), identity)
            sweep(connection)

        await self._database.write(work)

    def _artifacts(self, where: str, value: str) -> tuple[Artifact, ...]:
        rows = self._database.rows(f"SELECT {ARTIFACT_COLUMNS} FROM artifact WHERE {where} ORDER BY id", (value,))
        return tuple(tasks.artifact(row) for row in rows)

    def _one(self, table: str, columns: str, where: str, values: tuple[Any, ...], read: Callable[[Row], T]) -> T | None:
        row = self._database.row(f"SELECT {columns} FROM {table} WHERE {where}", values)
        return None if row is None else read(row)

    def _page(self, table: str, columns: str, listing: Listing, read: Callable[[Row], T]) -> Page[T]:
        asked = query(table, columns, listing)
        rows = self._database.rows(asked.sql, asked.values)
        counted = self._database.row(asked.count_sql, asked.count_values)
        shown = rows[: listing.size] if listing.size else rows
        more = len(rows) > len(shown)
        following = (shown[-1][-2], shown[-1][-1]) if more else None
        return Page(tuple(read(row) for row in shown), 0 if counted is None else int(counted[0]), following)


def _known(connection: sqlite3.Connection, experiment_id: str) -> None:
    if not _exists(connection, "experiment", experiment_id):
        raise NotFound("experiment", experiment_id)


def _exists(connection: sqlite3.Connection, table: str, identity: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} WHERE id = ?", (identity,)).fetchone() is not None
