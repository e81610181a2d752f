"""Checking the values that requests carry: texts, numbers, ids and custom properties."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

from minikf.embedded.registry.errors import invalid
from minikf.embedded.registry.kinds import Field, Type

NAME_LIMIT = 255  # characters; upstream's columns hold no more
TEXT_LIMIT = 256 * 1024  # characters of one text; so that a list of resources stays answerable
PROPERTY_LIMIT = 1000  # custom properties of one resource

# The patterns are the API's: ids and integers have at most nine digits, and clients refuse answers with more.
_ID = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_INT = re.compile(r"-?([1-9][0-9]{0,8}|0)", re.ASCII)
_LONG = re.compile(r"-?[0-9]{1,18}", re.ASCII)

# Which member of a custom property holds its value, by metadataType.
_VALUES = {
    "MetadataStringValue": "string_value",
    "MetadataIntValue": "int_value",
    "MetadataDoubleValue": "double_value",
    "MetadataBoolValue": "bool_value",
    "MetadataStructValue": "struct_value",
    "MetadataProtoValue": "proto_value",
}

Property = dict[str, Any]


def text(where: str, value: Any, limit: int = TEXT_LIMIT) -> str:
    """A string without NUL, of at most `limit` characters. Raises RegistryError 400."""
    if not isinstance(value, str):
        raise invalid(f"'{where}' must be a string, not {_json_type(value)}")
    if len(value) > limit:
        raise invalid(f"'{where}' has {len(value)} characters, more than the {limit} that are kept")
    if "\0" in value:
        raise invalid(f"'{where}' contains a NUL character")
    return value


def resource_id(where: str, value: Any) -> int:
    """An id: a string of one to nine digits. Raises RegistryError 400."""
    if not _ID.fullmatch(text(where, value)):
        raise invalid(f"'{where}' must be an id, a number of one to nine digits in a string, not '{value[:40]}'")
    return int(value)


def field_value(where: str, field: Field, value: Any) -> Any:
    """A field's value as it is stored: integers as int, everything else as it came. Raises RegistryError 400."""
    match field.type:
        case Type.REFERENCE:
            return resource_id(where, value)
        case Type.NUMBER:
            return _number(where, value)
        case Type.LONG:
            return _long(where, text(where, value))
        case Type.STEP:
            return _long(where, str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
        case Type.TEXTS:
            if not isinstance(value, list):
                raise invalid(f"'{where}' must be a list of strings, not {_json_type(value)}")
            return [text(f"{where}[{index}]", item) for index, item in enumerate(value)]
    if field.choices and value not in field.choices:
        raise invalid(f"'{where}' must be one of {', '.join(field.choices)}, not '{str(value)[:40]}'")
    return text(where, value)


def properties(value: Any) -> dict[str, Property]:
    """`customProperties` as the API sends them, members that mean nothing left out. Raises RegistryError 400."""
    if not isinstance(value, dict):
        raise invalid(f"'customProperties' must be an object, not {_json_type(value)}")
    if len(value) > PROPERTY_LIMIT:
        raise invalid(f"'customProperties' has {len(value)} entries, more than the {PROPERTY_LIMIT} that are kept")
    return {name: _property(text("customProperties", name, NAME_LIMIT), found) for name, found in value.items()}


def _property(name: str, value: Any) -> Property:
    where = f"customProperties.{name}"
    if not isinstance(value, dict):
        raise invalid(f"'{where}' must be an object with a 'metadataType', not {_json_type(value)}")
    kind = value.get("metadataType")
    member = _VALUES.get(kind) if isinstance(kind, str) else None
    if member is None:
        raise invalid(f"'{where}.metadataType' must be one of {', '.join(_VALUES)}")
    if value.get(member) is None:
        raise invalid(f"'{where}' is a {kind} and needs a '{member}'")
    checked: Property = {member: _member(f"{where}.{member}", member, value[member]), "metadataType": kind}
    if kind == "MetadataProtoValue":
        checked["type"] = text(f"{where}.type", value.get("type"))
    return checked


def _member(where: str, member: str, value: Any) -> Any:
    match member:
        case "bool_value":
            if not isinstance(value, bool):
                raise invalid(f"'{where}' must be true or false, not {_json_type(value)}")
            return value
        case "double_value":
            return _number(where, value)
        case "int_value":
            if not _INT.fullmatch(text(where, value)):
                raise invalid(f"'{where}' must be an integer of at most nine digits in a string", "use a double")
            return value
        case "struct_value" | "proto_value":
            try:
                base64.b64decode(text(where, value), validate=True)
            except (binascii.Error, ValueError) as error:
                raise invalid(f"'{where}' must be base64: {error}") from error
            return value
    return text(where, value)


def _number(where: str, value: Any) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise invalid(f"'{where}' must be a number, not {_json_type(value)}")
    return value


def _long(where: str, value: Any) -> int:
    if not isinstance(value, str) or not _LONG.fullmatch(value):
        raise invalid(f"'{where}' must be an integer of at most 18 digits in a string, not {_json_type(value)}")
    return int(value)


def _json_type(value: Any) -> str:
    """What JSON calls it."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
