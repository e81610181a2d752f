"""The registry's tables, and how a database of an earlier version gets them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from minikf.errors import Refused

_RESOURCE = """
CREATE TABLE resource (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL,
    family      TEXT    NOT NULL,
    name        TEXT    NOT NULL CHECK (name <> ''),
    external_id TEXT    CHECK (external_id <> ''),
    parent_id   INTEGER REFERENCES resource (id),
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    fields      TEXT    NOT NULL CHECK (json_valid(fields)),
    properties  TEXT    NOT NULL CHECK (json_valid(properties))
) STRICT"""

# Which artifacts belong to which model versions: one may belong to several.
_ATTRIBUTION = """
CREATE TABLE attribution (
    version_id  INTEGER NOT NULL REFERENCES resource (id),
    artifact_id INTEGER NOT NULL REFERENCES resource (id),
    PRIMARY KEY (version_id, artifact_id)
) STRICT, WITHOUT ROWID"""

# The other resources that a resource's fields name, so that none of them can go while it is named.
_REFERENCE = """
CREATE TABLE reference (
    resource_id INTEGER NOT NULL REFERENCES resource (id),
    field       TEXT    NOT NULL,
    target_id   INTEGER NOT NULL REFERENCES resource (id),
    PRIMARY KEY (resource_id, field)
) STRICT, WITHOUT ROWID"""

# Each entry leads from the version before it to the next; what was released is never edited, only added to.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        _RESOURCE,
        # A name is taken once among the kind's children of one parent; artifacts without a parent may share one.
        "CREATE UNIQUE INDEX resource_child_name ON resource (parent_id, kind, name) WHERE parent_id IS NOT NULL",
        "CREATE UNIQUE INDEX resource_root_name ON resource (kind, name)"
        " WHERE parent_id IS NULL AND family <> 'artifact'",
        "CREATE UNIQUE INDEX resource_external_id ON resource (family, external_id) WHERE external_id IS NOT NULL",
        "CREATE INDEX resource_kind ON resource (kind, id)",
        _ATTRIBUTION,
        "CREATE INDEX attribution_artifact ON attribution (artifact_id)",
        _REFERENCE,
        "CREATE INDEX reference_target ON reference (target_id)",
    ),
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings the database to this version in one transaction. Raises Refused for a database of a later version."""
    connection.execute("BEGIN IMMEDIATE")  # the version is read under the lock: another process may be migrating
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise _too_new(path, version)
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _too_new(path: Path, version: int) -> Refused:
    return Refused(
        f"the model registry's database {path} is of a later MiniKF",
        cause=f"its version is {version}; this MiniKF knows up to {len(_MIGRATIONS)}",
        advice="install the newer MiniKF again",
    )
