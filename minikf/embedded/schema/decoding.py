"""Reading JSON as a Go type: what the API server refuses with 400 before it validates anything.

Words: Go's encoding/json. It names the innermost struct and the path from the root, without indices and map keys.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.kinds import Kind
from minikf.embedded.schema import formats
from minikf.embedded.schema.node import Node
from minikf.embedded.status import Object, undecodable
from minikf.quantity import is_quantity

_JSON_TYPES = {bool: "bool", str: "string", int: "number", float: "number", list: "array", dict: "object"}
_GO_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_RANGES = {"int32": 2**31, "int64": 2**63}
_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_LAYOUT = "2006-01-02T15:04:05Z07:00"


def check_object(obj: Object, kind: Kind, root: Node) -> None:
    """Raises ApiError 400 for the first value that is not of its Go type."""
    _raise(kind, _problem(obj, root, "", kind.kind))


def check_metadata(obj: Object, kind: Kind, node: Node) -> None:
    """The same for the metadata of a custom object, which is the only typed part of it."""
    metadata = obj.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        _raise(kind, f"json: cannot unmarshal {json_type(metadata)} into Go value of type v1.ObjectMeta")
    _raise(kind, _problem(metadata, node, "", "ObjectMeta"))


def _raise(kind: Kind, problem: str) -> None:
    if problem:
        what = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        raise undecodable(f"{what}: {problem}")


def json_type(value: Any) -> str:
    """The JSON type of a value as Go's decoder calls it."""
    return _JSON_TYPES.get(type(value), "null")


def _problem(value: Any, node: Node, path: str, struct: str) -> str:
    """What Go would say about `value`, or ""."""
    if value is None:
        return ""
    if node.is_quantity or node.data.get("format") == "date-time":
        return _self_reading_problem(value, node)
    if not _fits(value, node):
        shown = json_type(value)
        if shown == "number" and _go_type(node).startswith("int"):
            shown = f"number {value}"
        return f"json: cannot unmarshal {shown} into Go struct field {struct}.{path} of type {_go_type(node)}"
    if node.data.get("format") == "byte" and formats.byte_problem(value) is not None:
        return f"illegal base64 data at input byte {formats.byte_problem(value)}"
    return _problem_below(value, node, path, struct)


def _problem_below(value: Any, node: Node, path: str, struct: str) -> str:
    """The first problem of a part of `value`, or ""."""
    parts: list[tuple[Any, Node, str]] = []
    if isinstance(value, dict):
        struct = node.go_name or struct
        for key, part in value.items():
            child = node.field(key)
            if child is not None:
                parts.append((part, child, path if node.is_map else f"{path}.{key}" if path else key))
    elif isinstance(value, list) and node.items is not None:
        parts = [(item, node.items, path) for item in value]
    found = (_problem(part, child, below, struct) for part, child, below in parts)
    return next((problem for problem in found if problem), "")


def _self_reading_problem(value: Any, node: Node) -> str:
    """Types that read themselves, quantities and times, know nothing of where they stand."""
    if node.is_quantity:
        is_text_or_number = isinstance(value, str | int | float) and not isinstance(value, bool)
        return "" if is_text_or_number and is_quantity(value) else _QUANTITY
    if not isinstance(value, str):
        return f"json: cannot unmarshal {json_type(value)} into Go value of type string"
    if formats.is_date_time(value):
        return ""
    return f'parsing time "{value}" as "{_LAYOUT}": cannot parse "{value}" as "2006"'


def _fits(value: Any, node: Node) -> bool:
    if node.data.get("format") == "int-or-string":
        return isinstance(value, str | int) and not isinstance(value, bool)
    if isinstance(value, bool):
        return node.type in ("boolean", "")
    if node.type == "integer":
        limit = _RANGES[node.data.get("format", "int64")]
        return isinstance(value, int) and -limit <= value < limit
    return isinstance(value, _GO_TYPES.get(node.type, object))


def _go_type(node: Node) -> str:
    if node.type == "array":
        return f"[]{_go_type(node.items)}" if node.items else "[]interface {}"
    if node.is_map and node.additional is not None:
        return "v1.ResourceList" if node.additional.is_quantity else f"map[string]{_go_type(node.additional)}"
    if node.type == "object":
        return f"v1.{node.go_name}" if node.go_name else "map[string]interface {}"
    form = node.data.get("format", "")
    named = {"byte": "[]uint8", "int-or-string": "int32", "int32": "int32", "int64": "int64"}
    return named.get(form) or {"boolean": "bool", "number": "float64", "integer": "int64"}.get(node.type, "string")
