"""Field paths and causes in the words of k8s.io/apimachinery v0.34.4, pkg/util/validation/field."""

from __future__ import annotations

import json
from typing import Any

import orjson

from minikf.embedded.status import Cause

Path = str

_TITLES = {
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotFound": "Not found",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueRequired": "Required value",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueTypeInvalid": "Invalid value",
}
_WITHOUT_VALUE = ("FieldValueForbidden", "FieldValueRequired", "FieldValueTooLong")


def child(path: Path, name: str) -> Path:
    """`spec` and `foo` give `spec.foo`."""
    return f"{path}.{name}" if path else name


def index(path: Path, position: int) -> Path:
    return f"{path}[{position}]"


def key(path: Path, name: str) -> Path:
    """The value of a map at a key: `spec.limits[cpu]`."""
    return f"{path}[{name}]"


def quote(text: str) -> str:
    """A string as Go's %q prints it."""
    return json.dumps(text, ensure_ascii=False)


def shown(value: Any) -> str:
    """A value inside a message: text quoted, the rest as JSON with sorted keys."""
    return quote(value) if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def invalid(path: Path, value: Any, detail: str, *, reason: str = "FieldValueInvalid") -> Cause:
    """`Invalid value: "x": detail`; `reason` is another CauseType that shows the value."""
    title = _TITLES[reason]
    body = title if reason in _WITHOUT_VALUE else f"{title}: {shown(value)}"
    return Cause(path or "<nil>", reason, f"{body}: {detail}" if detail else body)


def required(path: Path, detail: str = "") -> Cause:
    return invalid(path, "", detail, reason="FieldValueRequired")


def forbidden(path: Path, detail: str) -> Cause:
    return invalid(path, "", detail, reason="FieldValueForbidden")


def duplicate(path: Path, value: Any) -> Cause:
    return invalid(path, value, "", reason="FieldValueDuplicate")


def not_found(path: Path, value: Any) -> Cause:
    return invalid(path, value, "", reason="FieldValueNotFound")


def not_supported(path: Path, value: Any, supported: list[str]) -> Cause:
    """`supported` in the order in which the API server would list it."""
    detail = f"supported values: {', '.join(map(quote, supported))}" if supported else ""
    return invalid(path, value, detail, reason="FieldValueNotSupported")


def too_long(path: Path, limit: int) -> Cause:
    unit = "byte" if limit == 1 else "bytes"
    return invalid(path, "", f"may not be more than {limit} {unit}", reason="FieldValueTooLong")


def too_many(path: Path, actual: int, limit: int) -> Cause:
    unit = "item" if limit == 1 else "items"
    return invalid(path, actual, f"must have at most {limit} {unit}", reason="FieldValueTooMany")
