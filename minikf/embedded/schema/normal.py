"""The form in which the API stores core objects: what a round trip through their Go types leaves of them."""

from __future__ import annotations

from typing import Any

from minikf.embedded.schema.node import Node
from minikf.quantity import canonical

_RESET = "managedFields"  # an empty list of these asks to forget all managers


def normalize(value: Any, node: Node) -> None:
    """Drops nulls, and empty lists and maps of optional fields, and spells quantities and base64 canonically; in place.

    A null in a list or a map of text is the zero value of its type, as it is when Go decodes it.
    """
    if value.__class__ is dict:
        _normalize_fields(value, node)
    elif value.__class__ is list and node.items is not None:
        for position, item in enumerate(value):
            if item is None:
                value[position] = _zero(node.items)
            elif item.__class__ is dict:
                _normalize_fields(item, node.items)


def _normalize_fields(value: dict[str, Any], node: Node) -> None:
    gone = []
    for key, part in value.items():
        child = node.field(key)
        if part is None:
            if node.is_map and child is not None and child.type == "string":
                value[key] = ""
            else:
                gone.append(key)
        elif child is None:
            continue
        elif part.__class__ is dict or part.__class__ is list:
            if part:
                normalize(part, child)
            elif (child.type == "array" or child.is_map) and key not in node.required and key != _RESET:
                gone.append(key)
        elif child.is_quantity:
            value[key] = canonical(part)
        elif child.is_bytes and ("\n" in part or "\r" in part):
            value[key] = part.replace("\n", "").replace("\r", "")
    for key in gone:
        del value[key]


def _zero(node: Node) -> Any:
    """A new zero value of a Go type."""
    zeros: dict[str, Any] = {"object": {}, "array": [], "integer": 0, "number": 0, "boolean": False}
    return zeros.get(node.type, "")
