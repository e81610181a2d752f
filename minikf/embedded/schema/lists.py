"""Lists whose items must differ: `x-kubernetes-list-type` set and map.

k8s.io/apiextensions-apiserver v0.34.4, pkg/apiserver/schema/listtype/validation.go.
"""

from __future__ import annotations

from typing import Any

import orjson

from minikf.embedded.schema.fieldpath import Path, child, index, invalid, key
from minikf.embedded.schema.node import Node
from minikf.embedded.status import Cause


def duplicates(obj: Any, root: Node) -> list[Cause]:
    """One cause for each value that a set or keyed list of `obj` has again."""
    found: list[Cause] = []
    if root.has_keyed_lists:
        _walk(obj, root, "", found)
    return found


def _walk(value: Any, node: Node, path: Path, found: list[Cause]) -> None:
    if isinstance(value, dict):
        for name, part in value.items():
            below = node.field(name)
            if below is not None and below.has_keyed_lists:
                is_declared = name in node.properties
                _walk(part, below, child(path, name) if is_declared else key(path, name), found)
    elif isinstance(value, list):
        if node.list_type == "set":
            found += _repeated(value, path, value)
        elif node.list_type == "map":
            found += _repeated_keys(value, node, path)
        if node.items is not None and node.items.has_keyed_lists:
            for position, item in enumerate(value):
                _walk(item, node.items, index(path, position), found)


def _repeated_keys(value: list[Any], node: Node, path: Path) -> list[Cause]:
    for position, item in enumerate(value):
        if item is not None and not isinstance(item, dict):
            detail = "must be an object for an array of list-type map"
            return [invalid(index(path, position), item, detail)]
    keys = [{name: item[name] for name in node.map_keys if name in item} if item else {} for item in value]
    return _repeated(keys, path, keys)


def _repeated(values: list[Any], path: Path, shown: list[Any]) -> list[Cause]:
    """The second occurrence of each repeated value, once."""
    seen: dict[bytes, int] = {}
    found = []
    for position, value in enumerate(values):
        identity = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        seen[identity] = seen.get(identity, 0) + 1
        if seen[identity] == 2:
            found.append(invalid(index(path, position), shown[position], "", reason="FieldValueDuplicate"))
    return found
