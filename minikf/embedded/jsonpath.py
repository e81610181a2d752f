"""The part of JSONPath that printer columns of CRDs use: `.a.b`, `[-1:]`, `[0]`, `['key']`, `[?(@.ok==true)]`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Step = Callable[[list[Any]], list[Any]]

_STEP = re.compile(
    r"""\.(?P<key>(?:\\.|[^.\[\]\\])+)
    |\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]
    |\[(?P<index>-?[0-9]+)\]
    |\[(?P<start>-?[0-9]*):(?P<stop>-?[0-9]*)\]
    |(?P<every>\[\*\])
    |\[\?\(\s*@\.(?P<field>[\w.]+)\s*==\s*(?:(?P<mark>['"])(?P<value>.*?)(?P=mark)|(?P<literal>[\w.+-]+))\s*\)\]""",
    re.VERBOSE,
)


def compile_path(path: str) -> Callable[[Any], Any]:
    """A function from an object to the first value that `path` finds, or None. Raises ValueError on other syntax."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise ValueError(f"JSONPath '{path}' uses syntax that is not understood at '{path[position:]}'")
        steps.append(_step(found))
        position = found.end()

    def first(obj: Any) -> Any:
        values = [obj]
        for step in steps:
            values = step(values)
            if not values:
                return None
        return values[0]

    return first


def _step(found: re.Match[str]) -> Step:
    groups = found.groupdict()
    if groups["field"] is not None:
        keys = groups["field"].split(".")
        wanted = groups["value"] if groups["literal"] is None else json.loads(groups["literal"])
        return lambda values: [item for value in values for item in _items(value) if _dig(item, keys) == wanted]
    if groups["every"] is not None:
        return lambda values: [item for value in values for item in _items(value)]
    if groups["start"] is not None:
        part = slice(*(int(bound) if bound else None for bound in (groups["start"], groups["stop"])))
        return lambda values: [item for value in values if isinstance(value, list) for item in value[part]]
    if groups["index"] is not None:
        at = int(groups["index"])
        return lambda values: [v[at] for v in values if isinstance(v, list) and -len(v) <= at < len(v)]
    key = groups["quoted"] if groups["quoted"] is not None else re.sub(r"\\(.)", r"\1", groups["key"])
    return lambda values: [value[key] for value in values if isinstance(value, dict) and key in value]


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _dig(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
