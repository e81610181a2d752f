"""The query of a list: page_size, page_token, sort_by and filter, into the store's `Listing`, and pages back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from minikf.embedded.pipelines.api import messages
from minikf.embedded.pipelines.api.errors import ApiFailure, invalid
from minikf.embedded.pipelines.store import Listing, Page, Predicate
from minikf.embedded.pipelines.store.listing import TIMES

T = TypeVar("T")

# Source: upstream's `backend/src/apiserver/list/list.go`; more than the most are taken as the most.
_DEFAULT_SIZE, _MOST = 20, 200
_PREDICATES = 50
_VALUES = 500
_OPERATIONS = (
    "OPERATION_UNSPECIFIED",
    "EQUALS",
    "NOT_EQUALS",
    "GREATER_THAN",
    "GREATER_THAN_EQUALS",
    "LESS_THAN",
    "LESS_THAN_EQUALS",
    "IN",
    "IS_SUBSTRING",
)
# The number 4 is not used in upstream's filter.proto, so numbers after it are one more than the place in the list.
_NUMBERS = {1: 1, 2: 2, 3: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8}


def _operation(value: Any, where: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = _OPERATIONS[_NUMBERS[value]] if value in _NUMBERS else value
    found: str = messages.choice(*_OPERATIONS)(value, where) if isinstance(value, str) else ""
    if found in ("", "OPERATION_UNSPECIFIED"):
        raise invalid(f"{where} must be one of {', '.join(_OPERATIONS[1:])}, not {str(value)[:40]!r}")
    return found


def _values(read: messages.Read) -> messages.Read:
    def read_values(value: Any, where: str) -> tuple[Any, ...]:
        inner = value.get("values", []) if isinstance(value, dict) and set(value) <= {"values"} else None
        if not isinstance(inner, list) or len(inner) > _VALUES:
            raise invalid(f"{where} must be {{'values': [...]}} with at most {_VALUES} values")
        return tuple(read(one, where) for one in inner)

    return read_values


_PREDICATE: messages.Shape = {
    "operation": _operation,
    "key": messages.text,
    "int_value": messages.integer,
    "long_value": messages.integer,
    "string_value": messages.text,
    "timestamp_value": messages.moment,
    "int_values": _values(messages.integer),
    "long_values": _values(messages.integer),
    "string_values": _values(messages.text),
}


def listing(query: Mapping[str, str], fields: Mapping[str, str], equal: tuple[tuple[str, Any], ...] = ()) -> Listing:
    """How to list. `fields` gives the columns of the API's names; `equal` restricts columns. Raises ApiFailure 400.

    A page token carries the order and the filter that it was made with; a request that says others is refused.
    """
    token = _decode(query["page_token"]) if query.get("page_token") else {}
    sort_by, predicates = query.get("sort_by") or token.get("sort", ""), query.get("filter") or token.get("filter", "")
    column, descending = _order(sort_by, fields)
    made = Listing(equal, _filter(predicates, fields), column, descending, _size(query.get("page_size", "")))
    if not token:
        return made
    if token["list"] != made.digest:
        raise invalid("'page_token' belongs to another list", "send the same sort_by, filter and place as before")
    return Listing(made.equal, made.predicates, column, descending, made.size, (token["after"], token["id"]))


def page(
    found: Page[T], listed: Listing, query: Mapping[str, str], key: str, show: Callable[[T], Any]
) -> dict[str, Any]:
    """A page as the API shows it, its items under `key`."""
    answer: dict[str, Any] = {key: [show(item) for item in found.items], "total_size": found.total}
    if found.next is not None:
        token = _decode(query["page_token"]) if query.get("page_token") else {}
        said = {
            "list": listed.digest,
            "sort": query.get("sort_by") or token.get("sort", ""),
            "filter": query.get("filter") or token.get("filter", ""),
            "after": found.next[0],
            "id": found.next[1],
        }
        answer["next_page_token"] = base64.urlsafe_b64encode(orjson.dumps(said)).decode()
    return answer


def _decode(token: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = orjson.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        after = said.get("after") if isinstance(said, dict) else None
        if not isinstance(after, str) and not (isinstance(after, int | float) and abs(after) < 2**62):
            raise ValueError("not one of ours")
        if any(not isinstance(said.get(name), str) for name in ("list", "sort", "filter", "id")):
            raise ValueError("not one of ours")
    except (binascii.Error, ValueError) as error:
        raise invalid("'page_token' is not one that this server gave", "list from the first page") from error
    return said


def _size(value: str) -> int:
    if not value:
        return _DEFAULT_SIZE
    if not value.isascii() or not value.isdecimal() or len(value) > 10:
        raise invalid(f"'page_size' must be a number of items, not '{value[:40]}'")
    return min(int(value), _MOST) or _DEFAULT_SIZE


def _order(sort_by: str, fields: Mapping[str, str]) -> tuple[str, bool]:
    words = sort_by.lower().split()
    if not words:
        return "created", False
    if len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
        raise invalid(f"'sort_by' must be like \"created_at desc\", not '{sort_by[:60]}'")
    if words[0] not in fields:
        raise invalid(f"'sort_by' cannot be '{words[0][:60]}'", f"one of {', '.join(fields)}")
    return fields[words[0]], words[1:] == ["desc"]


def _filter(text: str, fields: Mapping[str, str]) -> tuple[Predicate, ...]:
    if not text:
        return ()
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"'filter' is not JSON: {error}") from error
    if not isinstance(said, dict) or not set(said) <= {"predicates"}:
        raise invalid("'filter' must be an object with 'predicates'")
    predicates = said.get("predicates", [])
    if not isinstance(predicates, list) or len(predicates) > _PREDICATES:
        raise invalid(f"'filter' must have a list of at most {_PREDICATES} 'predicates'")
    return tuple(_predicate(one, fields) for one in predicates)


def _predicate(one: Any, fields: Mapping[str, str]) -> Predicate:
    said = messages.read(one, _PREDICATE, "predicate")
    key, operation = said.pop("key", ""), said.pop("operation", "")
    if key not in fields:
        raise invalid(f"no support for filtering on the field '{key[:60]}'", f"one of {', '.join(fields)}")
    if not operation:
        raise invalid(f"the predicate on '{key}' has no operation", f"one of {', '.join(_OPERATIONS[1:])}")
    if len(said) != 1:
        raise invalid(f"the predicate on '{key}' must have one value, like 'string_value'")
    value = next(iter(said.values()))
    if isinstance(value, tuple) != (operation == "IN"):
        raise invalid(
            f"{operation} on '{key}' needs {'a list, like string_values' if operation == 'IN' else 'one value'}"
        )
    if operation == "IS_SUBSTRING" and not isinstance(value, str):
        raise invalid(f"IS_SUBSTRING on '{key}' needs 'string_value'")
    column = fields[key]
    if isinstance(value, tuple):
        return Predicate(column, operation, tuple(_stored(key, column, inner) for inner in value))
    return Predicate(column, operation, _stored(key, column, value))


def _stored(key: str, column: str, value: Any) -> Any:
    """A value as the column has it: states of storage and of recurring runs are flags there."""
    flags = {
        "archived": {"AVAILABLE": 0, "ARCHIVED": 1},
        "enabled": {"DISABLE": 0, "DISABLED": 0, "ENABLE": 1, "ENABLED": 1},
    }
    if column in flags:
        if value not in flags[column]:
            raise invalid(f"'{key}' is one of {', '.join(flags[column])}, not {str(value)[:40]!r}")
        return flags[column][value]
    if column in TIMES:
        if isinstance(value, str):
            return messages.moment(value, f"the value of '{key}'")
        return value
    if not isinstance(value, str):
        raise ApiFailure(3, f"'{key}' is text: compare it with 'string_value'")
    return value
