"""Finding and listing resources: pages, order, and the API's query parameters."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from minikf.embedded.registry.conditions import Condition, build
from minikf.embedded.registry.errors import invalid, not_found
from minikf.embedded.registry.filters import Expression, parse
from minikf.embedded.registry.kinds import ARTIFACTS, BY_ARTIFACT_TYPE, Kind
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.session import COLUMNS, Session, resource
from minikf.embedded.registry.values import resource_id

_ORDERS = {"ID": "r.id", "CREATE_TIME": "r.created", "LAST_UPDATE_TIME": "r.updated"}
_PAGE_LIMIT = 2**31 - 1  # the API's pageSize is an int32


@dataclass(frozen=True)
class Page:
    """Resources, with the token of the page after them ("" after the last) and the size that was asked for."""

    items: tuple[Resource, ...]
    next_token: str
    size: int


@dataclass(frozen=True)
class Options:
    """How to list. A `size` of 0 is all of them; `after` is (the last value of `order`, its id) of the page before."""

    kinds: tuple[Kind, ...]
    order: str = "ID"
    descending: bool = False
    size: int = 0
    after: tuple[int, int] | None = None
    filter: Expression | None = None
    name: str = ""
    external_id: str = ""


def options(query: Mapping[str, str], kinds: tuple[Kind, ...]) -> Options:
    """What a request's query asks for; parameters that are empty count as absent. Raises RegistryError 400."""
    order = query.get("orderBy") or "ID"
    if order not in _ORDERS:
        raise invalid(f"'orderBy' must be one of {', '.join(_ORDERS)}, not '{order[:40]}'")
    sort = query.get("sortOrder") or "ASC"
    if sort not in ("ASC", "DESC"):
        raise invalid(f"'sortOrder' must be ASC or DESC, not '{sort[:40]}'")
    return Options(
        kinds=_artifact_kinds(query) if kinds == ARTIFACTS else kinds,
        order=order,
        descending=sort == "DESC",
        size=_size(query.get("pageSize") or "0"),
        after=_decode(query["nextPageToken"]) if query.get("nextPageToken") else None,
        filter=parse(query.get("filterQuery", "")),
        name=query.get("name", ""),
        external_id=query.get("externalId", ""),
    )


def page(session: Session, wanted: Options, parent: int | None = None) -> Page:
    """The resources of the wanted kinds; with `parent`, its children only, for artifacts those of the version."""
    condition = _where(wanted, parent)
    direction = "DESC" if wanted.descending else "ASC"
    column = _ORDERS[wanted.order]
    rows = session.connection.execute(
        f"SELECT {COLUMNS} FROM resource AS r WHERE {condition.sql}"
        f" ORDER BY {column} {direction}, r.id {direction} LIMIT ?",
        (*condition.parameters, wanted.size + 1 if wanted.size else -1),
    ).fetchall()
    items = tuple(resource(row) for row in (rows[: wanted.size] if wanted.size else rows))
    more = bool(wanted.size) and len(rows) > wanted.size
    return Page(items, _token(items[-1], wanted.order) if more else "", wanted.size)


def find(session: Session, query: Mapping[str, str], kinds: tuple[Kind, ...]) -> Resource:
    """The one resource with the name (and, for children, the parentResourceId), or with the externalId.

    Raises RegistryError 400 where the query says too little, and 404 unless exactly one fits.
    """
    name, external_id, parent_text = (query.get(key, "") for key in ("name", "externalId", "parentResourceId"))
    parent = resource_id("parentResourceId", parent_text) if parent_text else None
    is_child = bool(kinds[0].parent)
    if not external_id and (not name or (is_child and parent is None)):
        wanted = "'name' and 'parentResourceId'" if is_child else "'name'"
        raise invalid(f"the query must have {wanted}, or 'externalId'")
    by_name = bool(name) and (not is_child or parent is not None)
    options = Options(kinds, name=name) if by_name else Options(kinds, external_id=external_id)
    found = page(session, options, parent if is_child else None).items
    if len(found) != 1:
        what = f"the name '{name}'" if by_name else f"the externalId '{external_id}'"
        inside = f" in {parent}" if parent is not None else ""
        words = kinds[0].words if len(kinds) == 1 else "artifact"
        raise not_found(f"{len(found) or 'no'} {words}{'s' if found else ''} with {what}{inside}")
    return found[0]


def _where(wanted: Options, parent: int | None) -> Condition:
    conditions = [
        Condition(f"r.kind IN ({', '.join('?' * len(wanted.kinds))})", tuple(kind.name for kind in wanted.kinds))
    ]
    if parent is not None and wanted.kinds[0].is_artifact:
        sql = "r.id IN (SELECT artifact_id FROM attribution WHERE version_id = ?)"
        conditions.append(Condition(sql, (parent,)))
    elif parent is not None:
        conditions.append(Condition("r.parent_id = ?", (parent,)))
    if wanted.name:
        conditions.append(Condition("r.name = ?", (wanted.name,)))
    if wanted.external_id:
        conditions.append(Condition("r.external_id = ?", (wanted.external_id,)))
    if wanted.filter is not None:
        conditions.append(build(wanted.filter, wanted.kinds))
    if wanted.after is not None:
        sign = "<" if wanted.descending else ">"
        conditions.append(Condition(f"({_ORDERS[wanted.order]}, r.id) {sign} (?, ?)", wanted.after))
    return Condition(
        " AND ".join(condition.sql for condition in conditions),
        tuple(value for condition in conditions for value in condition.parameters),
    )


def _artifact_kinds(query: Mapping[str, str]) -> tuple[Kind, ...]:
    name = query.get("artifactType")
    if not name:
        return ARTIFACTS
    if name not in BY_ARTIFACT_TYPE:
        raise invalid(f"'artifactType' must be one of {', '.join(BY_ARTIFACT_TYPE)}, not '{name[:40]}'")
    return (BY_ARTIFACT_TYPE[name],)


def _size(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or int(text) > _PAGE_LIMIT:
        raise invalid(f"'pageSize' must be a number of resources, or 0 for all, not '{text[:40]}'")
    return int(text)


def _token(last: Resource, order: str) -> str:
    value = {"ID": last.id, "CREATE_TIME": last.created, "LAST_UPDATE_TIME": last.updated}[order]
    return base64.urlsafe_b64encode(f"{last.id}:{value}".encode()).decode()


def _decode(token: str) -> tuple[int, int]:
    try:
        identity, _, value = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode().partition(":")
        if len(identity) > 18 or len(value) > 18:
            raise ValueError("too long")
        return int(value), int(identity)
    except (binascii.Error, ValueError) as error:
        raise invalid("'nextPageToken' is not one that this registry gave", "list from the first page") from error
