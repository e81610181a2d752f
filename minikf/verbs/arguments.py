"""Arguments of a run, typed as texts, with the types that the pipeline declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from minikf.errors import UsageError
from minikf.verbs.ir import Documents

Json = Any

_WORDS = {
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "STRING": "a text",
    "BOOLEAN": "true or false",
    "LIST": "a JSON list",
    "STRUCT": "a JSON object",
}


def typed(documents: Documents, given: Mapping[str, str]) -> dict[str, Json]:
    """`given` with the types of the pipeline's parameters.

    Raises UsageError for a name that the pipeline does not have, a value of another type, one that is none of the
    declared literals, and parameters that are left without a value.
    """
    wanted = documents.parameters
    advice = f"it takes {describe(documents)}"
    for name in given:
        if name not in wanted:
            raise UsageError(f"pipeline {documents.name} has no parameter '{name}'", advice=advice)
    missing = [
        name
        for name, spec in wanted.items()
        if name not in given and not spec.get("isOptional") and spec.get("defaultValue") is None
    ]
    if missing:
        raise UsageError(
            f"pipeline {documents.name} needs a value for {', '.join(missing)}",
            cause=advice,
            advice=" ".join(f"--arg {name}=VALUE" for name in missing),
        )
    return {name: value_of(name, text, wanted[name]) for name, text in given.items()}


def describe(documents: Documents) -> str:
    """The parameters in words: `n (a whole number, 2 by default)`."""
    found = []
    for name, spec in documents.parameters.items():
        words = words_of(spec)
        default = spec.get("defaultValue")
        found.append(f"{name} ({words}{'' if default is None else f', {json.dumps(default)} by default'})")
    return ", ".join(found) or "no parameters"


def words_of(spec: Mapping[str, Json]) -> str:
    """What a parameter must be: `a whole number`."""
    return _WORDS.get(str(spec.get("parameterType")), str(spec.get("parameterType")))


def value_of(name: str, text: str, spec: Mapping[str, Json]) -> Json:
    """One value. Raises UsageError."""
    kind = str(spec.get("parameterType", "STRING"))
    value = _read(text, kind)
    if value is None:
        raise UsageError(
            f"'{name}' must be {_WORDS.get(kind, kind)}, not '{text}'", advice=f"--arg {name}={_EXAMPLES.get(kind, '')}"
        )
    literals = spec.get("literals")
    if literals and value not in literals:
        raise UsageError(f"'{name}' cannot be '{text}'", cause=f"it is one of {', '.join(map(str, literals))}")
    return value


_EXAMPLES = {
    "NUMBER_INTEGER": "3",
    "NUMBER_DOUBLE": "0.5",
    "BOOLEAN": "true",
    "LIST": "'[1, 2]'",
    "STRUCT": "'{\"a\": 1}'",
}


def _read(text: str, kind: str) -> Json:
    """The value of the kind, None when it is none."""
    if kind == "STRING":
        return text
    if kind == "BOOLEAN":
        return {"true": True, "false": False}.get(text.strip().lower())
    try:
        value = json.loads(text, parse_constant=lambda _word: None)
    except (ValueError, RecursionError):
        return None
    if kind in ("NUMBER_INTEGER", "NUMBER_DOUBLE"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if kind == "NUMBER_DOUBLE":
            return value
        return int(value) if float(value).is_integer() else None
    if kind == "LIST":
        return value if isinstance(value, list) else None
    return value if isinstance(value, dict) else None
