"""Formats of strings that the API checks."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from minikf.embedded.quantity import is_quantity

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_date_time(text: str) -> bool:
    """RFC 3339, as Go's time.Parse takes it: a capital T, whole seconds or a fraction, and a zone."""
    if not _RFC3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_byte(text: str) -> bool:
    """Padded standard base64; line breaks are skipped, as Go does."""
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _of_text(check: Callable[[str], bool]) -> Callable[[Any], bool]:
    """JSON Schema's formats say something about strings only."""
    return lambda value: not isinstance(value, str) or check(value)


# What jsonschema-rs is told to check beside its own formats.
CHECKS: dict[str, Callable[[Any], bool]] = {
    "byte": _of_text(is_byte),
    "date-time": _of_text(is_date_time),
    "quantity": _of_text(is_quantity),
}
# Those of them that a CRD's schema may ask for; others that the served CRDs use say only a Go type (int32, int64).
CRD_FORMATS = ("byte", "date-time")
