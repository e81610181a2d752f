"""What can be done with the registry's tables. All of it runs on the store's thread."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Collection, Iterable
from typing import Any

import orjson

from minikf.embedded.registry.bodies import Body
from minikf.embedded.registry.errors import conflict, invalid, not_found, required
from minikf.embedded.registry.kinds import KINDS, Kind, Type
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.values import Property

COLUMNS = "r.id, r.kind, r.name, r.external_id, r.parent_id, r.created, r.updated, r.fields, r.properties"


class Session:
    """The tables at one moment; `now` is in milliseconds since the epoch."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self.connection = connection
        self._now = now

    def get(self, resource_id: int, kinds: Collection[Kind]) -> Resource:
        """The resource with the id. Raises RegistryError 404, also where it is of another kind."""
        row = self.connection.execute(f"SELECT {COLUMNS} FROM resource AS r WHERE r.id = ?", (resource_id,)).fetchone()
        found = None if row is None else resource(row)
        if found is None or found.kind not in kinds:
            raise not_found(f"no {_words(kinds)} has the id {resource_id}")
        return found

    def create(self, body: Body, properties: dict[str, Property]) -> Resource:
        """Adds a resource. Raises RegistryError 404 for what it refers to, 409 where name or externalId is taken."""
        kind = body.kind
        if kind.parent_field and body.parent is None:
            raise required(kind.parent_field)
        if body.parent is not None:
            self.get(body.parent, (KINDS[kind.parent],))
        defaults = {name: field.default for name, field in kind.fields.items() if field.default is not None}
        fields = defaults | body.fields
        name = body.name or str(uuid.uuid4())
        self._check_external_id(kind, body.external_id, None)
        if body.parent is not None or not kind.is_artifact:
            self._check_name(kind, name, body.parent)
        cursor = self.connection.execute(
            "INSERT INTO resource (kind, family, name, external_id, parent_id, created, updated, fields, properties)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kind.name,
                kind.family,
                name,
                body.external_id,
                body.parent,
                self._now,
                self._now,
                _json(fields),
                _json(properties),
            ),
        )
        assert cursor.lastrowid is not None
        self._refer(cursor.lastrowid, kind, fields)
        if kind.is_artifact and body.parent is not None:
            self.attribute(body.parent, cursor.lastrowid)
        return self.get(cursor.lastrowid, (kind,))

    def update(self, existing: Resource, body: Body, properties: dict[str, Property]) -> Resource:
        """Changes what the body names, and the properties to these. Raises RegistryError 400, 404 or 409."""
        if body.name not in (None, existing.name):
            raise invalid(f"'name' cannot be changed once it is set: it is '{existing.name}'")
        if existing.kind.parent_field and body.parent not in (None, existing.parent):
            raise invalid(f"'{existing.kind.parent_field}' cannot be changed once it is set: it is {existing.parent}")
        fields = existing.fields | body.fields
        external_id = body.external_id or existing.external_id
        self._check_external_id(existing.kind, external_id, existing.id)
        self._refer(existing.id, existing.kind, fields)
        self.connection.execute(
            "UPDATE resource SET external_id = ?, updated = ?, fields = ?, properties = ? WHERE id = ?",
            (external_id, max(self._now, existing.updated), _json(fields), _json(properties), existing.id),
        )
        return self.get(existing.id, (existing.kind,))

    def attribute(self, version: int, artifact: int) -> None:
        """Makes an artifact belong to a model version, too."""
        self.connection.execute("INSERT OR IGNORE INTO attribution VALUES (?, ?)", (version, artifact))

    def _check_name(self, kind: Kind, name: str, parent: int | None) -> None:
        taken = self.connection.execute(
            "SELECT id FROM resource WHERE kind = ? AND name = ? AND parent_id IS ?", (kind.name, name, parent)
        ).fetchone()
        if taken is not None:
            raise conflict(f"the {kind.words} '{name}' already exists, with the id {taken[0]}")

    def _check_external_id(self, kind: Kind, external_id: str | None, own: int | None) -> None:
        taken = self.connection.execute(
            "SELECT id, kind, name FROM resource WHERE family = ? AND external_id = ? AND id IS NOT ?",
            (kind.family, external_id, own),
        ).fetchone()
        if taken is not None:
            other = f"the {KINDS[taken[1]].words} '{taken[2]}' (id {taken[0]})"
            raise conflict(f"the externalId '{external_id}' already belongs to {other}")

    def _refer(self, resource_id: int, kind: Kind, fields: dict[str, Any]) -> None:
        for name, field in kind.fields.items():
            if field.type is Type.REFERENCE and name in fields:
                self.get(fields[name], (KINDS[field.target],))
                self.connection.execute(
                    "INSERT OR REPLACE INTO reference VALUES (?, ?, ?)", (resource_id, name, fields[name])
                )


def resource(row: tuple[Any, ...]) -> Resource:
    """The resource in a row of COLUMNS."""
    identity, kind, name, external_id, parent, created, updated, fields, properties = row
    return Resource(
        id=identity,
        kind=KINDS[kind],
        name=name,
        external_id=external_id,
        parent=parent,
        created=created,
        updated=updated,
        fields=orjson.loads(fields),
        properties=orjson.loads(properties),
    )


def _words(kinds: Iterable[Kind]) -> str:
    words = [kind.words for kind in kinds]
    return words[0] if len(words) == 1 else "artifact"


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
