"""Lists: which rows, in which order, from where on. Values reach SQL as parameters; names only through tables here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

OPERATORS = {
    "EQUALS": "=",
    "NOT_EQUALS": "<>",
    "GREATER_THAN": ">",
    "GREATER_THAN_EQUALS": ">=",
    "LESS_THAN": "<",
    "LESS_THAN_EQUALS": "<=",
}
TIMES = frozenset({"created", "finished", "scheduled", "updated", "last_run"})

# v2beta1's names of fields, and the columns that lists are filtered and sorted by; `id` and `name` are v1beta1's, which
# upstream takes as well (APIToModelFieldMap in `backend/src/apiserver/model`).
RUN_FIELDS = {
    "run_id": "id",
    "id": "id",
    "display_name": "name",
    "name": "name",
    "description": "description",
    "namespace": "namespace",
    "experiment_id": "experiment_id",
    "pipeline_id": "pipeline_id",
    "pipeline_version_id": "version_id",
    "recurring_run_id": "recurring_run_id",
    "service_account": "service_account",
    "state": "state",
    "storage_state": "archived",
    "created_at": "created",
    "scheduled_at": "scheduled",
    "finished_at": "finished",
}
EXPERIMENT_FIELDS = {
    "experiment_id": "id",
    "id": "id",
    "display_name": "name",
    "name": "name",
    "description": "description",
    "namespace": "namespace",
    "storage_state": "archived",
    "created_at": "created",
    "last_run_created_at": "last_run",
}
PIPELINE_FIELDS = {
    "pipeline_id": "id",
    "id": "id",
    "display_name": "display_name",
    "name": "name",
    "description": "description",
    "namespace": "namespace",
    "created_at": "created",
}
VERSION_FIELDS = {
    "pipeline_version_id": "id",
    "id": "id",
    "display_name": "display_name",
    "name": "name",
    "description": "description",
    "code_source_url": "code_source_url",
    "created_at": "created",
}
ARTIFACT_FIELDS = {
    "artifact_id": "id",
    "name": "name",
    "type": "type",
    "uri": "uri",
    "namespace": "namespace",
    "created_at": "created",
}
RECURRING_FIELDS = {
    "recurring_run_id": "id",
    "id": "id",
    "display_name": "name",
    "name": "name",
    "description": "description",
    "namespace": "namespace",
    "experiment_id": "experiment_id",
    "pipeline_id": "pipeline_id",
    "pipeline_version_id": "version_id",
    "mode": "enabled",
    "status": "enabled",
    "created_at": "created",
    "updated_at": "updated",
}


@dataclass(frozen=True)
class Predicate:
    """`operation` is a key of OPERATORS, IN (of a tuple) or IS_SUBSTRING; `column` is one that a table above names."""

    column: str
    operation: str
    value: Any


@dataclass(frozen=True)
class Listing:
    """How to list. `equal` restricts columns to values; `after` is (value of `sort`, id) of the last row before.

    `size` is in rows, 0 for all.
    """

    equal: tuple[tuple[str, Any], ...] = ()
    predicates: tuple[Predicate, ...] = ()
    sort: str = "created"
    descending: bool = False
    size: int = 0
    after: tuple[Any, str] | None = None

    @property
    def digest(self) -> str:
        """Tells lists apart in page tokens."""
        said = repr((self.equal, self.predicates, self.sort, self.descending))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Page(Generic[T]):
    """`total` counts all pages' rows; `next` is the `after` of the page that follows, None on the last."""

    items: tuple[T, ...]
    total: int
    next: tuple[Any, str] | None = None


@dataclass(frozen=True)
class Query:
    """A statement for one page and one for its count, with their values."""

    sql: str
    values: tuple[Any, ...]
    count_sql: str
    count_values: tuple[Any, ...]


def query(table: str, columns: str, listing: Listing) -> Query:
    """Asks for one row more than the page has, which tells whether another page follows."""
    terms: list[str] = []
    values: list[Any] = []
    for column, value in listing.equal:
        terms.append(f"{column} = ?")
        values.append(value)
    for predicate in listing.predicates:
        sql, found = _term(predicate)
        terms.append(sql)
        values.extend(found)
    where = " AND ".join(terms) or "1"
    count = f"SELECT count(*) FROM {table} WHERE {where}"
    counted = tuple(values)
    if listing.after is not None:
        sign = "<" if listing.descending else ">"
        where += f" AND ({listing.sort}, id) {sign} (?, ?)"
        values.extend(listing.after)
    direction = "DESC" if listing.descending else "ASC"
    sql = f"SELECT {columns}, {listing.sort}, id FROM {table} WHERE {where}"
    sql += f" ORDER BY {listing.sort} {direction}, id {direction} LIMIT ?"
    return Query(sql, (*values, listing.size + 1 if listing.size else -1), count, counted)


def _term(predicate: Predicate) -> tuple[str, tuple[Any, ...]]:
    column, value = predicate.column, predicate.value
    if column in TIMES:
        # Clients are told times to the millisecond, so that is what they can compare with.
        column = f"CAST(round({column} * 1000) AS INTEGER)"
        value = round(value * 1000)
    if predicate.operation == "IN":
        return f"{column} IN ({', '.join('?' * len(value))})", tuple(value)
    if predicate.operation == "IS_SUBSTRING":
        return f"instr(lower({column}), lower(?)) > 0", (value,)
    return f"{column} {OPERATORS[predicate.operation]} ?", (value,)
