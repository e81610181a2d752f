"""The form in which the API stores core objects: what a round trip through their Go types leaves of them."""

from __future__ import annotations

from typing import Any

from minikf.embedded.quantity import canonical
from minikf.embedded.schema.node import Node

_RESET = "managedFields"  # an empty list of these asks to forget all managers


def normalize(value: Any, node: Node) -> None:
    """Drops nulls, and empty lists and maps of optional fields, and spells quantities and base64 canonically; in place."""
    if value.__class__ is dict:
        gone = []
        for key, part in value.items():
            if part is None:
                gone.append(key)
                continue
            child = node.field(key)
            if child is None:
                continue
            if part.__class__ in (dict, list):
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
    elif value.__class__ is list and node.items is not None:
        for item in value:
            if item.__class__ is dict:
                normalize(item, node.items)
