"""Defaults of custom kinds, by the rules of structural schemas.

k8s.io/apiextensions-apiserver v0.34.4, pkg/apiserver/schema/defaulting: nulls where null is not allowed count as
absent, then defaults are filled in from the outside in, so that a default may itself be completed.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.schema.node import Node


def drop_nulls(value: Any, node: Node) -> None:
    """Removes nulls of fields and map values that may not be null, in place."""
    if isinstance(value, dict):
        gone = []
        for key, part in value.items():
            child = node.field(key)
            if child is None:
                continue
            if part is None:
                if not child.nullable:
                    gone.append(key)
            elif part.__class__ in (dict, list):
                drop_nulls(part, child)
        for key in gone:
            del value[key]
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            if item.__class__ in (dict, list):
                drop_nulls(item, node.items)


def set_defaults(value: Any, node: Node) -> None:
    """Fills in what is absent, in place."""
    if not node.has_defaults:
        return
    if isinstance(value, dict):
        for key, default in node.defaults:
            if key not in value:
                value[key] = copy_json(default)
        for key, part in value.items():
            child = node.field(key)
            if child is not None and child.has_defaults:
                set_defaults(part, child)
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            set_defaults(item, node.items)


def copy_json(value: Any) -> Any:
    """A deep copy of a JSON value."""
    if isinstance(value, dict):
        return {key: copy_json(part) for key, part in value.items()}
    return [copy_json(part) for part in value] if isinstance(value, list) else value
