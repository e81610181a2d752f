"""Turning a read `filterQuery` into SQL over the `resource` table; every value goes in as a parameter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minikf.embedded.registry.errors import RegistryError, invalid
from minikf.embedded.registry.filters import Comparison, Expression, Scalar
from minikf.embedded.registry.kinds import Kind, Type

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Condition:
    """A piece of a WHERE clause with its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a value is stored, as what (text, integer, number or truth value), and around what it is searched."""

    sql: str
    stored_as: str
    around: str = "{}"


_COLUMNS = {
    "id": _Place("r.id", "integer"),
    "name": _Place("r.name", "text"),
    "externalId": _Place("r.external_id", "text"),
    "createTimeSinceEpoch": _Place("r.created", "integer"),
    "lastUpdateTimeSinceEpoch": _Place("r.updated", "integer"),
}
_STORED_AS = {Type.NUMBER: "number", Type.LONG: "integer", Type.STEP: "integer", Type.REFERENCE: "integer"}
# The members of a custom property: (SQL of the value, what it is).
_MEMBERS = {
    "string_value": _Place("json_extract(p.value, '$.string_value')", "text"),
    "int_value": _Place("CAST(json_extract(p.value, '$.int_value') AS INTEGER)", "integer"),
    "double_value": _Place("json_extract(p.value, '$.double_value')", "number"),
    "bool_value": _Place("json_extract(p.value, '$.bool_value')", "truth value"),
}


def build(expression: Expression, kinds: Sequence[Kind]) -> Condition:
    """The condition for resources of these kinds. Raises RegistryError 400 where a value cannot be compared."""
    if isinstance(expression, Comparison):
        return _comparison(expression, kinds)
    return _join(expression.operator, [build(term, kinds) for term in expression.terms])


def _comparison(comparison: Comparison, kinds: Sequence[Kind]) -> Condition:
    if not comparison.value_type:
        if comparison.property in _COLUMNS:
            return _compare(_COLUMNS[comparison.property], comparison)
        own = [kind for kind in kinds if comparison.property in (*kind.fields, kind.parent_field)]
        if own:
            return _own_field(comparison, own, every=len(own) == len(kinds))
    members = [comparison.value_type] if comparison.value_type else _members_for(comparison)
    inner = _join("OR", [_compare(_MEMBERS[member], comparison) for member in members])
    sql = f"EXISTS (SELECT 1 FROM json_each(r.properties) AS p WHERE p.key = ? AND {inner.sql})"
    return Condition(sql, (comparison.property, *inner.parameters))


def _own_field(comparison: Comparison, kinds: list[Kind], *, every: bool) -> Condition:
    """A field that the kinds define; they may store it differently, as metrics and parameters do their value."""
    by_place: dict[_Place, list[str]] = {}
    for kind in kinds:
        by_place.setdefault(_place(kind, comparison.property), []).append(kind.name)
    if len(by_place) == 1 and every:
        return _compare(next(iter(by_place)), comparison)
    found: list[Condition] = []
    failure: RegistryError | None = None
    for place, names in by_place.items():
        try:
            inner = _compare(place, comparison)
        except RegistryError as error:
            failure = error
            continue
        marks = ", ".join("?" * len(names))
        found.append(Condition(f"(r.kind IN ({marks}) AND {inner.sql})", (*names, *inner.parameters)))
    if not found and failure is not None:
        raise failure
    return _join("OR", found)


def _place(kind: Kind, name: str) -> _Place:
    if name == kind.parent_field:
        return _Place("r.parent_id", "integer")
    field = kind.fields[name]  # so the name is one of ours, and safe inside the SQL
    if field.type is Type.TEXTS:
        return _Place("e.value", "text", f"EXISTS (SELECT 1 FROM json_each(r.fields, '$.{name}') AS e WHERE {{}})")
    return _Place(f"json_extract(r.fields, '$.{name}')", _STORED_AS.get(field.type, "text"))


def _members_for(comparison: Comparison) -> list[str]:
    """Where a custom property's value is looked for, by the type of what it is compared with."""
    values = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    first = values[0] if values else ""
    if isinstance(first, bool):
        return ["bool_value"]
    if isinstance(first, int):
        return ["int_value", "double_value"]
    return ["double_value"] if isinstance(first, float) else ["string_value"]


def _compare(place: _Place, comparison: Comparison) -> Condition:
    inner = _operation(place, comparison)
    return Condition(place.around.format(inner.sql), inner.parameters)


def _operation(place: _Place, comparison: Comparison) -> Condition:
    operator, value = comparison.operator, comparison.value
    if operator in ("LIKE", "ILIKE"):
        if not isinstance(value, str) or place.stored_as != "text":
            raise _mismatch(comparison, "LIKE and ILIKE compare texts")
        return _like(place.sql, operator, value)
    if operator == "IN":
        values = value if isinstance(value, tuple) else (value,)
        marks = ", ".join("?" * len(values))
        return Condition(f"{place.sql} IN ({marks})", tuple(_parameter(place, one, comparison) for one in values))
    if isinstance(value, tuple):
        raise _mismatch(comparison, "only IN takes a list")
    return Condition(f"{place.sql} {operator} ?", (_parameter(place, value, comparison),))


def _like(sql: str, operator: str, pattern: str) -> Condition:
    r"""LIKE minds the case, ILIKE does not (A to Z); `\` before `%` or `_` takes its meaning away."""
    if operator == "ILIKE":
        return Condition(f"{sql} LIKE ? ESCAPE '\\'", (pattern,))
    glob = re.sub(r"\\(?P<plain>.)|(?P<any>%)|(?P<one>_)|(?P<special>[*?\[])", _as_glob, pattern, flags=re.DOTALL)
    return Condition(f"{sql} GLOB ?", (glob,))


def _as_glob(match: re.Match[str]) -> str:
    if match["any"]:
        return "*"
    if match["one"]:
        return "?"
    character = match["plain"] or match["special"]
    return f"[{character}]" if character in "*?[" else character


def _parameter(place: _Place, value: Scalar, comparison: Comparison) -> Scalar:
    match place.stored_as:
        case "truth value" if isinstance(value, bool):
            return int(value)
        case "text" if isinstance(value, str):
            return value
        case "integer" | "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value if abs(value) <= _LARGEST else float(value)
        case "integer" if isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)  # ids and times are texts in JSON
    raise _mismatch(comparison, f"its values are of the type {place.stored_as}")


def _mismatch(comparison: Comparison, why: str) -> RegistryError:
    value = repr(comparison.value)[:80]
    return invalid(f"'filterQuery' cannot compare {comparison.property} with {value}: {why}")


def _join(operator: str, parts: list[Condition]) -> Condition:
    sql = f" {operator} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(value for part in parts for value in part.parameters))
