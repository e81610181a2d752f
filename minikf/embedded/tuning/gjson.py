"""Paths by which a Trial reads the end of its job off the job's status. A part of gjson's syntax; pure.

https://github.com/tidwall/gjson/blob/v1.17.1/SYNTAX.md: keys with wildcards and escapes, indexes, `#`, queries
`#(...)` and `#(...)#`, the separators `.` and `|`, `@this` and `[@this]` (by which conditions ask one object as if it
were a list). Other modifiers (`@`), multipaths and literals (`!`) are refused.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_MISSING = object()
_THIS, _THIS_IN_A_LIST = "@this", "[@this]"
_QUERY = re.compile(r"^(?P<path>.*?)\s*(?P<op>==|!=|<=|>=|<|>|!%|%)\s*(?P<value>.+)$", re.DOTALL)


class PathError(ValueError):
    """The path is not of the part of the syntax that is known; the text says what is not."""


@dataclass(frozen=True)
class Part:
    """One part of a path. `pipe` says that `|` and not `.` stands before it."""

    text: str
    pipe: bool
    query: bool = False
    every: bool = False
    this: bool = False


def get(value: Any, path: str) -> Any:
    """What `path` leads to, or None where it leads nowhere. Raises PathError."""
    found = _walk(value, parse(path))
    return None if found is _MISSING else found


@lru_cache(maxsize=256)
def parse(path: str) -> tuple[Part, ...]:
    """The parts of a path. Raises PathError."""
    if not path:
        raise PathError("the path is empty")
    parts, place, pipe = [], 0, False
    while True:
        part, place = _part(path, place, pipe)
        parts.append(part)
        if place >= len(path):
            return tuple(parts)
        pipe = path[place] == "|"
        place += 1
        if place >= len(path):
            raise PathError(f"nothing follows the last {path[place - 1]!r}")


def _part(path: str, place: int, pipe: bool) -> tuple[Part, int]:
    for this in (_THIS, _THIS_IN_A_LIST):
        end = place + len(this)
        if path.startswith(this, place) and path[end : end + 1] in ("", ".", "|"):
            return Part(this, pipe, this=True), end
    if path[place] in "@!{[":
        raise PathError(f"{path[place:]!r}: modifiers, literals and multipaths are not known here")
    if path.startswith("#(", place):
        end = _closing(path, place + 1)
        text = path[place + 2 : end]
        every = path.startswith("#", end + 1)
        _condition(text)
        after = end + 2 if every else end + 1
        if after < len(path) and path[after] not in ".|":
            raise PathError(f"{path[after:]!r} after a query")
        return Part(text, pipe, query=True, every=every), after
    text = ""
    while place < len(path) and path[place] not in ".|":
        if path[place] == "\\":
            place += 1
            text += "[" + path[place : place + 1] + "]" if path[place : place + 1] in "*?[" else path[place : place + 1]
        else:
            text += path[place]
        place += 1
    if not text:
        raise PathError("a part of the path is empty")
    return Part(text, pipe), place


def _closing(path: str, place: int) -> int:
    depth, quoted = 0, False
    while place < len(path):
        sign = path[place]
        if sign == "\\":
            place += 1
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign == "(":
            depth += 1
        elif not quoted and sign == ")":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    raise PathError("a query has no closing parenthesis")


def _condition(text: str) -> tuple[str, str, Any]:
    """(path, operator, value) of a query; the operator is "" where only the path's presence is asked."""
    found = _QUERY.match(text)
    if found is None:
        if not text.strip():
            raise PathError("a query is empty")
        parse(text.strip())
        return text.strip(), "", None
    path = found["path"].strip()
    if path:
        parse(path)
    raw = found["value"].strip()
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise PathError(f"{raw} in a query is no JSON value") from error
    return path, found["op"], value


def _walk(value: Any, parts: tuple[Part, ...]) -> Any:
    for index, part in enumerate(parts):
        rest = parts[index + 1 :]
        if part.this:
            value = [value] if part.text == _THIS_IN_A_LIST else value
        elif part.query:
            if not isinstance(value, list):
                return _MISSING
            hits = [one for one in value if _matches(one, part.text)]
            if not part.every:
                if not hits:
                    return _MISSING
                value = hits[0]
                continue
            if rest and not rest[0].pipe:
                return _each(hits, rest)
            value = hits
        elif part.text == "#" and isinstance(value, list):
            if rest and not rest[0].pipe:
                return _each(value, rest)
            value = len(value)
        else:
            value = _step(value, part.text)
            if value is _MISSING:
                return _MISSING
    return value


def _each(values: list[Any], rest: tuple[Part, ...]) -> Any:
    """The rest of the path for every element, up to the first `|`, which takes the results as one list."""
    pipe = next((place for place, part in enumerate(rest) if part.pipe), len(rest))
    found = [one for one in (_walk(value, rest[:pipe]) for value in values) if one is not _MISSING]
    return _walk(found, rest[pipe:]) if rest[pipe:] else found


def _step(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return value[int(key)] if key.isdecimal() and int(key) < len(value) else _MISSING
    if not isinstance(value, dict):
        return _MISSING
    if key in value:
        return value[key]
    if any(sign in key for sign in "*?["):
        return next((one for name, one in value.items() if fnmatch.fnmatchcase(name, key)), _MISSING)
    return _MISSING


def _matches(value: Any, text: str) -> bool:
    path, operator, wanted = _condition(text)
    found = _walk(value, parse(path)) if path else value
    if found is _MISSING:
        return False
    if not operator:
        return True
    if operator in ("%", "!%"):
        hit = isinstance(found, str) and fnmatch.fnmatchcase(found, str(wanted))
        return hit if operator == "%" else isinstance(found, str) and not hit
    return _compare(found, operator, wanted)


def _compare(found: Any, operator: str, wanted: Any) -> bool:
    if operator in ("==", "!="):
        same = type(found) is type(wanted) and found == wanted
        same = same or (_is_number(found) and _is_number(wanted) and found == wanted)
        return same is (operator == "==")
    if not (isinstance(found, str) and isinstance(wanted, str)) and not (_is_number(found) and _is_number(wanted)):
        return False
    order: dict[str, bool] = {"<": found < wanted, "<=": found <= wanted, ">": found > wanted, ">=": found >= wanted}
    return order[operator]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
