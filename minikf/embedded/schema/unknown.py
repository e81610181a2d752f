"""Fields that a schema does not know: pruned on write, and reported as the API server words it.

k8s.io/apiextensions-apiserver v0.34.4, pkg/apiserver/schema/pruning/algorithm.go.
"""

from __future__ import annotations

from typing import Any

from minikf.embedded.schema.node import Node

_META = ("apiVersion", "kind", "metadata")


def unknown_fields(obj: dict[str, Any], root: Node, *, prune: bool) -> list[str]:
    """Paths of unknown fields in their order, e.g. `spec.containers[0].foo`; with `prune` they are removed."""
    found: list[str] = []
    _walk(obj, root, "", prune, found)
    return found


def _walk(value: Any, node: Node, path: str, prune: bool, found: list[str]) -> None:
    if value.__class__ is dict:
        gone = []
        for key, part in value.items():
            child = node.field(key)
            if child is not None:
                if part.__class__ in (dict, list):
                    _walk(part, child, f"{path}.{key}" if path else key, prune, found)
            elif not node.preserves_unknown and not (node.is_embedded and key in _META):
                found.append(f"{path}.{key}" if path else key)
                gone.append(key)
        if prune:
            for key in gone:
                del value[key]
    elif value.__class__ is list and node.items is not None:
        for index, item in enumerate(value):
            if item.__class__ in (dict, list):
                _walk(item, node.items, f"{path}[{index}]", prune, found)
