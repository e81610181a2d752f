"""The fast yes or no: a schema as JSON Schema, compiled by jsonschema-rs, about a microsecond a check.

Why an object does not fit is for `causes` and `decoding`, which look again and slowly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema_rs import Draft202012Validator

from minikf.embedded.schema import formats
from minikf.embedded.schema.node import Data

_VALUE_RULES = (
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
    "required",
)
_COMBINED = ("allOf", "anyOf", "oneOf")
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
Convert = Callable[[Data], Data]


class QuickCheck:
    """Whether an object fits its schema.

    With `decoding` only what reading JSON into a Go type would notice counts: types, ranges of integers, and formats.
    """

    def __init__(self, schema: Data, definitions: dict[str, Data], *, decoding: bool) -> None:
        used: dict[str, Data] = {}

        def convert(data: Data) -> Data:
            name = data.get("$ref")
            if name is None:
                return _with_parts(data, _decodable(data) if decoding else _valid(data, convert), convert)
            if name not in used:
                used[name] = {}
                used[name] = convert(definitions[name])
            return {"$ref": f"#/$defs/{name}"}

        root = convert(schema)
        # The validator refuses a schema that it does not understand: generated data never reaches users unchecked.
        self._validator = Draft202012Validator(
            root | {"$defs": used}, validate_formats=True, formats=formats.CHECKS, ignore_unknown_formats=True
        )

    def is_valid(self, obj: Any) -> bool:
        return self._validator.is_valid(obj)


def _with_parts(data: Data, out: Data, convert: Convert) -> Data:
    if "properties" in data:
        out["properties"] = {name: convert(part) for name, part in data["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(data.get(key), dict):
            out[key] = convert(data[key])
    return out


def _decodable(data: Data) -> Data:
    """Null reads as absent, whatever the type."""
    out: Data = {}
    types = _types(data) or (["string", "number"] if data.get("format") == "quantity" else [])
    if types:
        out["type"] = [*types, "null"]
    if data.get("type") == "integer":
        out["minimum"], out["maximum"] = _RANGES[data.get("format", "int64")]
    if data.get("format") in formats.CHECKS:
        out["format"] = data["format"]
    return out


def _valid(data: Data, convert: Convert) -> Data:
    out: Data = {key: data[key] for key in _VALUE_RULES if key in data}
    types = _types(data)
    if types:
        out["type"] = [*types, "null"] if data.get("nullable") else types
    if data.get("nullable") and "enum" in out:
        out["enum"] = [*out["enum"], None]
    for key, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if key in data:  # OpenAPI v3.0 says by a flag whether a bound is exclusive
            out[exclusive if data.get(exclusive) else key] = data[key]
    if data.get("format") in formats.CRD_FORMATS:
        out["format"] = data["format"]
    for key in _COMBINED:
        if key in data:
            out[key] = [convert(part) for part in data[key]]
    if "not" in data:
        out["not"] = convert(data["not"])
    return out


def _types(data: Data) -> list[str]:
    if data.get("x-kubernetes-int-or-string") or data.get("format") == "int-or-string":
        return ["integer", "string"]
    return [data["type"]] if "type" in data else []
