"""YAML bodies as the API server reads them: YAML 1.1 without dates, keys said twice noticed, bombs refused.

sigs.k8s.io/yaml v1.6.0 on its goyaml.v2: `y` and `n` are booleans, timestamps and `1:30` stay text.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
import yaml

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EXPANDED_NODES = 4_000_000  # what aliases may grow a document to; a body of 3 MB has far fewer nodes of its own
_TAG = "tag:yaml.org,2002:"


class Unreadable(Exception):
    """A body that is no JSON or YAML at all; the message is the parser's."""


class _Loader(_BASE):  # type: ignore[misc]
    """Scalars as goyaml resolves them."""

    bool_values = {**yaml.SafeLoader.bool_values, "y": True, "n": False}  # noqa: RUF012 - as the base class has it
    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has it
        first: [(tag, pattern) for tag, pattern in found if tag.removeprefix(_TAG) not in ("timestamp", "int", "float")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^[yYnN]$"), list("yYnN"))
_Loader.add_implicit_resolver(
    f"{_TAG}int", re.compile(r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    f"{_TAG}float",
    re.compile(r"^(?:[-+]?[0-9]*\.?[0-9]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"),
    list("-+0123456789."),
)


def load(body: bytes) -> tuple[Any, list[str]]:
    """The value of a YAML document in JSON's types, and its duplicate keys: `line 7: key "a" already set in map`.

    Raises Unreadable.
    """
    try:
        loader = _Loader(body)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, []
            twice: list[str] = []
            _size(node, {}, twice)
            value = loader.construct_document(node)
        finally:
            loader.dispose()
        # Keys that are no text become text, as in JSON, and the API server's way through JSON sorts them.
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS)
        return orjson.loads(text), twice
    except (yaml.YAMLError, orjson.JSONEncodeError, RecursionError, ValueError) as error:
        raise Unreadable(f"yaml: {_words(error)}") from error


def _size(node: Any, known: dict[int, int], twice: list[str]) -> int:
    """How many nodes a node is once its aliases are written out. Raises ValueError past the limit."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = _EXPANDED_NODES + 1  # an alias inside of what it names never ends
    total = 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                twice.append(f'line {key.start_mark.line + 1}: key "{key.value}" already set in map')
            seen.add(str(key.value))
            total += 1 + _size(value, known, twice)
    elif isinstance(node, yaml.SequenceNode):
        total += sum(_size(item, known, twice) for item in node.value)
    if total > _EXPANDED_NODES:
        raise ValueError("document contains excessive aliasing")
    known[id(node)] = total
    return total


def _words(error: Exception) -> str:
    """What goyaml says: it counts lines from 0 or 1 by who found the problem, and does not name line 0."""
    problem = getattr(error, "problem", None)
    if not problem:
        return str(error)
    marks = [mark.line for mark in (error.problem_mark, error.context_mark) if mark is not None]  # type: ignore[attr-defined]
    line = next((line for line in marks if line), 0)
    if line and line == marks[0] and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    return f"line {line}: {problem}" if line else str(problem)
