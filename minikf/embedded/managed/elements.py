"""Path elements: how `fieldsV1` and messages name a field or an item of a list."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import orjson

from minikf.embedded.managed.fieldset import Path
from minikf.embedded.schema.node import Node
from minikf.embedded.status import ApiError

# Go's encoding/json escapes these, and so do the path elements that clients send back.
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def item_element(item: Any, node: Node) -> str:
    """The element of an item of a set or keyed list. Raises ApiError 500, as the API server does, when it has none."""
    if node.list_type == "set":
        if isinstance(item, list):
            raise ApiError(500, "", "not supported: associative list with lists as elements")
        if isinstance(item, dict) or item is None:
            what = "a map type" if isinstance(item, dict) else "an explicit null"
            raise ApiError(500, "", f"associative list without keys has an element that's {what}")
        return "v:" + _json(item)
    if not isinstance(item, dict):
        what = "a null element" if item is None else "non-map elements"
        raise ApiError(500, "", f"associative list with keys may not have {what}")
    keys = {}
    for name in sorted(node.map_keys):
        value = item.get(name, node.item_defaults.get(name))
        if value is not None:
            keys[name] = value
    if not keys:
        names = " ".join(f'"{name}"' for name in node.map_keys)
        why = f"associative list with keys has an element that omits all key fields [{names}]"
        raise ApiError(500, "", f"{why} (and doesn't have default values for any key fields)")
    return "k:" + _json(keys)


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    for character, escaped in _HTML.items():
        if character in text:
            text = text.replace(character, escaped)
    return text


def printed(path: Path | Iterable[str]) -> str:
    """A path as messages show it: `.spec.containers[name="x"].image`, `.metadata.finalizers[="a"]`."""
    out = []
    for element in path:
        kind, text = element[:2], element[2:]
        if kind == "f:":
            out.append(f".{text}")
        elif kind == "k:":
            keys = json.loads(text)
            out.append("[" + ",".join(f"{name}={_shown(value)}" for name, value in keys.items()) + "]")
        else:
            out.append(f"[={_shown(json.loads(text))}]" if kind == "v:" else f"[{text}]")
    return "".join(out)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
