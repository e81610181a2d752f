"""The tables, and how a file of an earlier version gets them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from minikf.errors import Refused

# Submitted documents by their SHA-256: thousand runs of one pipeline keep its specification once.
_DOCUMENT = """
CREATE TABLE document (
    sha256 TEXT PRIMARY KEY,
    body   TEXT NOT NULL
) STRICT"""

_EXPERIMENT = """
CREATE TABLE experiment (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    namespace   TEXT NOT NULL,
    description TEXT NOT NULL,
    archived    INTEGER NOT NULL,
    created     REAL NOT NULL,
    last_run    REAL NOT NULL,
    UNIQUE (namespace, name)
) STRICT"""

_PIPELINE = """
CREATE TABLE pipeline (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    namespace    TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description  TEXT NOT NULL,
    tags         TEXT NOT NULL,
    created      REAL NOT NULL,
    UNIQUE (namespace, name)
) STRICT"""

_VERSION = """
CREATE TABLE version (
    id              TEXT PRIMARY KEY,
    pipeline_id     TEXT NOT NULL REFERENCES pipeline (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    description     TEXT NOT NULL,
    code_source_url TEXT NOT NULL,
    package_url     TEXT NOT NULL,
    tags            TEXT NOT NULL,
    pipeline_spec   TEXT NOT NULL REFERENCES document (sha256),
    platform_spec   TEXT NOT NULL REFERENCES document (sha256),
    created         REAL NOT NULL,
    UNIQUE (pipeline_id, name)
) STRICT"""

_RUN = """
CREATE TABLE run (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL,
    namespace        TEXT NOT NULL,
    description      TEXT NOT NULL,
    experiment_id    TEXT NOT NULL,
    pipeline_id      TEXT NOT NULL,
    version_id       TEXT NOT NULL,
    recurring_run_id TEXT NOT NULL,
    service_account  TEXT NOT NULL,
    state            TEXT NOT NULL,
    archived         INTEGER NOT NULL,
    created          REAL NOT NULL,
    scheduled        REAL NOT NULL,
    finished         REAL NOT NULL,
    pipeline_spec    TEXT NOT NULL REFERENCES document (sha256),
    platform_spec    TEXT NOT NULL REFERENCES document (sha256),
    body             TEXT NOT NULL
) STRICT"""

_TASK = """
CREATE TABLE task (
    run_id    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path      TEXT NOT NULL,
    state     TEXT NOT NULL,
    cache_key TEXT NOT NULL,
    finished  REAL NOT NULL,
    body      TEXT NOT NULL,
    UNIQUE (run_id, path)
) STRICT"""

_ARTIFACT = """
CREATE TABLE artifact (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id   TEXT NOT NULL,
    task     TEXT NOT NULL,
    name     TEXT NOT NULL,
    type     TEXT NOT NULL,
    uri      TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    size     INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created  REAL NOT NULL
) STRICT"""

# Which tasks take or give an artifact, and under which name: what lineage asks, and what keeps an artifact.
_USAGE = """
CREATE TABLE usage (
    artifact_id INTEGER NOT NULL REFERENCES artifact (id),
    run_id      TEXT NOT NULL,
    path        TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('input', 'output')),
    name        TEXT NOT NULL,
    FOREIGN KEY (run_id, path) REFERENCES task (run_id, path) ON DELETE CASCADE,
    PRIMARY KEY (run_id, path, role, name, artifact_id)
) STRICT, WITHOUT ROWID"""

_RECURRING = """
CREATE TABLE recurring (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    namespace      TEXT NOT NULL,
    description    TEXT NOT NULL,
    experiment_id  TEXT NOT NULL,
    pipeline_id    TEXT NOT NULL,
    version_id     TEXT NOT NULL,
    enabled        INTEGER NOT NULL,
    created        REAL NOT NULL,
    updated        REAL NOT NULL,
    pipeline_spec  TEXT NOT NULL REFERENCES document (sha256),
    platform_spec  TEXT NOT NULL REFERENCES document (sha256),
    body           TEXT NOT NULL
) STRICT"""

# Each entry leads from the version before it to the next; what was released is never edited, only added to.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        _DOCUMENT,
        _EXPERIMENT,
        _PIPELINE,
        _VERSION,
        "CREATE INDEX version_created ON version (pipeline_id, created)",
        "CREATE INDEX version_pipeline_spec ON version (pipeline_spec)",
        _RUN,
        "CREATE INDEX run_created ON run (created, id)",
        "CREATE INDEX run_experiment ON run (experiment_id, created, id)",
        "CREATE INDEX run_pipeline_spec ON run (pipeline_spec)",
        "CREATE INDEX run_recurring ON run (recurring_run_id) WHERE recurring_run_id <> ''",
        "CREATE INDEX run_unfinished ON run (created) WHERE state IN ('PENDING', 'RUNNING', 'CANCELING')",
        _TASK,
        "CREATE INDEX task_cache ON task (cache_key, finished) WHERE cache_key <> '' AND state = 'SUCCEEDED'",
        _ARTIFACT,
        "CREATE INDEX artifact_run ON artifact (run_id)",
        "CREATE INDEX artifact_uri ON artifact (uri)",
        _USAGE,
        "CREATE INDEX usage_artifact ON usage (artifact_id)",
        _RECURRING,
    ),
    (
        "ALTER TABLE pipeline ADD COLUMN is_object INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE version ADD COLUMN is_object INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # What lineage tells of an artifact whose run was deleted.
        "ALTER TABLE artifact ADD COLUMN code_sha256 TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE artifact ADD COLUMN pipeline_sha256 TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE artifact ADD COLUMN namespace TEXT NOT NULL DEFAULT ''",
        "UPDATE artifact SET (pipeline_sha256, namespace) = (SELECT pipeline_spec, namespace FROM run"
        " WHERE run.id = artifact.run_id) WHERE EXISTS (SELECT 1 FROM run WHERE run.id = artifact.run_id)",
        "CREATE INDEX artifact_sha256 ON artifact (sha256) WHERE sha256 <> ''",
        "CREATE INDEX artifact_created ON artifact (created, id)",
    ),
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings the file to this version in one transaction. Raises Refused for a file of a later version."""
    connection.execute("BEGIN IMMEDIATE")  # the version is read under the lock: another process may be migrating
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise Refused(
                f"the pipelines' database {path} is of a later MiniKF",
                cause=f"its version is {version}; this MiniKF knows up to {len(_MIGRATIONS)}",
                advice="install the newer MiniKF again",
            )
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
