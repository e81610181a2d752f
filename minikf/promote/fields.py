"""Fields of nested JSON by their path."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from minikf.promote.model import FieldPath, Object

# Texts that name things of the API and are nobody's to rewrite.
_NAMES = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})


def get(value: Any, path: FieldPath) -> Any:
    """The value at `path`, None where there is none."""
    for part in path:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def mapping(value: Any, path: FieldPath = ()) -> Object:
    """The dict at `path`, an empty one where there is none."""
    found = get(value, path)
    return found if isinstance(found, dict) else {}


def items(value: Any, path: FieldPath = ()) -> list[Any]:
    """The list at `path`, an empty one where there is none."""
    found = get(value, path)
    return found if isinstance(found, list) else []


def changed(obj: Object, path: FieldPath, new: Any) -> Object:
    """A copy of `obj` with `new` at `path`; None takes it away. An index at a list's end appends."""
    result = copy.deepcopy(obj)
    holder: Any = result
    for part, after in pairwise(path):
        below = get(holder, (part,))
        if not isinstance(below, dict | list):
            if new is None:
                return result
            below = [] if isinstance(after, int) else {}
            _put(holder, part, below)
        holder = below
    if new is not None:
        _put(holder, path[-1], copy.deepcopy(new))
    elif get(holder, (path[-1],)) is not None:
        del holder[path[-1]]
    return result


def _put(holder: Any, part: str | int, value: Any) -> None:
    if isinstance(part, int) and part >= len(holder):
        holder.append(value)
    else:
        holder[part] = value


def walk(value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, str, Any]]:
    """Every key of every dict, with the dict's path and the key's value; a dict before what is in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield path, key, inner
            yield from walk(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, (*path, index))


def texts(value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    """Every text with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts(inner, (*path, index))


def free_texts(obj: Object) -> Iterator[tuple[FieldPath, str]]:
    """Every text of an object with its path, but names of the API and binary data."""
    for path, text in texts(obj):
        if path not in _NAMES and path[:1] != ("binaryData",):
            yield path, text
