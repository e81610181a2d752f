"""JSON columns, and the submitted documents that several rows share."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from minikf.embedded.pipelines.records import Json

# The bodies of a row's two documents, as columns of a query.
SUBMITTED = (
    "(SELECT body FROM document WHERE sha256 = pipeline_spec), (SELECT body FROM document WHERE sha256 = platform_spec)"
)


def said(names: str, row: tuple[Any, ...]) -> dict[str, Any]:
    """A row by the names of its columns (more may follow)."""
    return dict(zip(names.split(", "), row, strict=False))


def with_documents(names: str, row: tuple[Any, ...]) -> dict[str, Any]:
    """A row of `names` and then SUBMITTED (more may follow), its two documents read."""
    found = said(f"{names}, pipeline_spec, platform_spec", row)
    return found | {name: loads(found[name]) for name in ("pipeline_spec", "platform_spec")}


def dumps(value: Any) -> str:
    """Compact JSON in ASCII; NaN and infinities (metrics have them) stay what they are, which orjson's would not."""
    return json.dumps(value, separators=(",", ":"), default=_plain)


def loads(text: str) -> Any:
    return json.loads(text)


def keep(connection: sqlite3.Connection, document: Mapping[str, Json]) -> str:
    """The key of a document, which is in the file from now on. Its keys stay in their order: it is the author's."""
    body = dumps(document)
    key = hashlib.sha256(body.encode()).hexdigest()  # as `digest`
    connection.execute("INSERT OR IGNORE INTO document VALUES (?, ?)", (key, body))
    return key


def digest(document: Mapping[str, Json]) -> str:
    """The key of a document, whether or not it is in a file."""
    return hashlib.sha256(dumps(document).encode()).hexdigest()


def sweep(connection: sqlite3.Connection) -> None:
    """Removes the documents that nothing has any more."""
    kept = " UNION ".join(
        f"SELECT {column} FROM {table}"
        for table in ("run", "version", "recurring")
        for column in ("pipeline_spec", "platform_spec")
    )
    connection.execute(f"DELETE FROM document WHERE sha256 NOT IN ({kept})")


def _plain(value: Any) -> Any:
    """Read-only mappings of records as what JSON knows."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
