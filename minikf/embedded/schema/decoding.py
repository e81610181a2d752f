"""Reading JSON as a Go type: what the API server refuses with 400 before it validates anything.

Words: Go's encoding/json as sigs.k8s.io/json v0 uses it. The struct is the innermost one, the path starts at the root.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.kinds import Kind
from minikf.embedded.quantity import is_quantity
from minikf.embedded.schema import formats
from minikf.embedded.schema.node import Node
from minikf.embedded.status import ApiError, Object, bad_request



def json_type(value: Any) -> str:
    """The JSON type of a value as Go's decoder calls it."""
    names = {bool: "bool", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def check_object(obj: Object, kind: Kind, root: Node) -> None:
    """Raises ApiError 400 for the first value that is not of its Go type."""
    problem = _problem(obj, root, "", kind.kind)
    if problem:
        raise _cannot_handle(kind, problem)


def check_metadata(obj: Object, kind: Kind, node: Node) -> None:
    """The same for the metadata of a custom object, which is the only typed part of it."""
    problem = _problem(obj.get("metadata"), node, "metadata", "ObjectMeta")
    if problem:
        raise _cannot_handle(kind, problem)


def _cannot_handle(kind: Kind, problem: str) -> ApiError:
    version = kind.version
    return bad_request(f'{kind.kind} in version "{version}" cannot be handled as a {kind.kind}: {problem}')


def _problem(value: Any, node: Node, path: str, struct: str) -> str:
    """What Go would say about `value`, or ""."""
    if value is None:
        return ""
    special = _special_problem(value, node)
    if special is not None:
        return special
    if not _fits(value, node):
        shown = json_type(value)
        if shown == "number":
            shown = f"number {value}" if isinstance(value, float) or node.type == "integer" else "number"
        return f"json: cannot unmarshal {shown} into Go struct field {struct}.{path} of type {_go_type(node)}"
    if isinstance(value, dict):
        inner = node.go_name or struct
        for key, part in value.items():
            child = node.field(key)
            if child is None:
                continue
            below = path if node.is_map else f"{path}.{key}" if path else key
            found = _problem(part, child, below, inner)
            if found:
                return found
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            found = _problem(item, node.items, path, struct)
            if found:
                return found
    return ""


def _special_problem(value: Any, node: Node) -> str | None:
    """Types that read themselves: quantities, times and bytes; None for all others."""
    form = node.data.get("format")
    if form == "quantity":
        text = value if isinstance(value, str) else str(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and is_quantity(text):
            return ""
        return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    if form == "date-time":
        if not isinstance(value, str):
            return f"json: cannot unmarshal {json_type(value)} into Go value of type string"
        layout = "2006-01-02T15:04:05Z07:00"
        return "" if formats.is_date_time(value) else f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"'
    if form == "byte" and isinstance(value, str):
        return "" if formats.is_byte(value) else "illegal base64 data at input byte 0"
    if form == "int-or-string":
        if isinstance(value, str | int) and not isinstance(value, bool):
            return ""
        return f"json: cannot unmarshal {json_type(value)} into Go value of type int32"
    return None


_RANGES = {"int32": 2**31, "int64": 2**63}


def _fits(value: Any, node: Node) -> bool:
    match node.type:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            limit = _RANGES[node.data.get("format", "int64")]
            return isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _go_type(node: Node) -> str:
    if node.data.get("format") == "byte":
        return "[]uint8"
    if node.type == "array":
        return f"[]{_go_type(node.items)}" if node.items else "[]interface {}"
    if node.additional is not None and node.is_map:
        return f"map[string]{_go_type(node.additional)}"
    if node.type == "object":
        return f"v1.{node.go_name}" if node.go_name else "map[string]interface {}"
    if node.data.get("format") == "quantity":
        return "resource.Quantity"
    if node.type == "integer":
        return str(node.data.get("format", "int64"))
    return {"boolean": "bool", "number": "float64"}.get(node.type, "string")


def normalize(obj: Object, root: Node) -> None:
    """Drops, in place, what a Go type does not keep: nulls, and empty lists and maps of optional fields."""
    _normalize(obj, root)


def _normalize(value: Any, node: Node) -> None:
    if value.__class__ is dict:
        gone = []
        for key, part in value.items():
            if part is None:
                gone.append(key)
            elif part.__class__ in (dict, list):
                child = node.field(key)
                if child is None:
                    continue
                if part:
                    _normalize(part, child)
                elif (child.type == "array" or child.is_map) and key not in node.required:
                    gone.append(key)
        for key in gone:
            del value[key]
    elif value.__class__ is list and node.items is not None:
        for item in value:
            if item.__class__ is dict:
                _normalize(item, node.items)
