"""Reading request bodies as protobuf's JSON: both spellings of names, unknown fields refused, null as absent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from minikf.embedded.pipelines.api import times
from minikf.embedded.pipelines.api.errors import ApiFailure, invalid

Read = Callable[[Any, str], Any]
Shape = Mapping[str, Read]

_TEXT_LIMIT = 100_000  # characters of a description; names are shorter, see `name`
_NAME_LIMIT = 255
_DEPTH = 100
_CAPITAL = re.compile(r"[A-Z]")


def parse(body: bytes) -> Any:
    """The JSON of a body. Raises ApiFailure 400."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"the body is not JSON: {error}") from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    """What is read is written again and walked by functions that call themselves: depth is their limit."""
    level, depth = [value] if isinstance(value, dict | list) else [], 0
    while level:
        depth += 1
        if depth > _DEPTH:
            raise invalid(f"the body is nested more than {_DEPTH} deep")
        inner = [one for held in level for one in (held.values() if isinstance(held, dict) else held)]
        level = [one for one in inner if isinstance(one, dict | list)]


def read(value: Any, shape: Shape, where: str) -> dict[str, Any]:
    """The fields that the client said, by their snake_case names. `where` names the message in errors."""
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object, not {_kind(value)}")
    found: dict[str, Any] = {}
    for key, one in value.items():
        name = _CAPITAL.sub(lambda match: "_" + match.group().lower(), key)
        if name not in shape:
            raise invalid(f"unknown field '{key[:60]}' in {where}", f"it has: {', '.join(sorted(shape))}")
        if name in found:
            raise invalid(f"field '{name}' of {where} is there twice")
        if one is not None:
            found[name] = shape[name](one, f"{where}.{name}")
    return found


def text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{where} must be text, not {_kind(value)}")
    if len(value) > _TEXT_LIMIT:
        raise invalid(f"{where} has {len(value)} characters, more than {_TEXT_LIMIT}")
    if "\0" in value:
        raise invalid(f"{where} contains a NUL character")
    return value


def name(value: Any, where: str) -> str:
    """Text that people and URLs call a thing by."""
    found = text(value, where)
    if len(found) > _NAME_LIMIT:
        raise invalid(f"{where} has {len(found)} characters, more than {_NAME_LIMIT}")
    return found


def boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"{where} must be true or false, not {_kind(value)}")
    return value


def integer(value: Any, where: str) -> int:
    """An int64, as number or as text, which is how protobuf's JSON writes it."""
    plain = value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value, re.ASCII):
        plain = int(value)
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    if isinstance(plain, bool) or not isinstance(plain, int) or not -(2**63) <= plain < 2**63:
        raise invalid(f"{where} must be a whole number, not {str(value)[:40]!r}")
    return plain


def moment(value: Any, where: str) -> float:
    """Epoch seconds of an RFC 3339 time."""
    try:
        return times.read(text(value, where))
    except ValueError as error:
        raise invalid(f"{where} must be a time like 2026-01-31T09:00:00Z, not {str(value)[:40]!r}") from error


def struct(value: Any, where: str) -> dict[str, Any]:
    """Any JSON object."""
    if not isinstance(value, dict):
        raise invalid(f"{where} must be an object, not {_kind(value)}")
    return value


def texts(value: Any, where: str) -> dict[str, str]:
    return {key: text(one, f"{where}.{key}") for key, one in struct(value, where).items()}


def choice(*names: str) -> Read:
    """An enum by the name of its value, or by its number; the first is the unspecified one."""

    def read_choice(value: Any, where: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
            return names[value]
        if not isinstance(value, str) or value not in names:
            raise invalid(f"{where} must be one of {', '.join(names)}, not {str(value)[:40]!r}")
        return value

    return read_choice


def message(shape: Shape) -> Read:
    return lambda value, where: read(value, shape, where)


def output_only(value: Any, where: str) -> None:
    """What the server says and a client may send back: it has no effect, as upstream."""


def refused(reason: str) -> Read:
    """A field that would change what is run, and cannot be followed here."""

    def read_refused(value: Any, where: str) -> None:
        if value not in ({}, [], ""):
            raise ApiFailure(12, f"{where} cannot be followed here: {reason}")

    return read_refused


def _kind(value: Any) -> str:
    kinds = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "an object")
