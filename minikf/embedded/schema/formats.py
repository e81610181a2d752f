"""Formats of strings that the API checks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from minikf.quantity import is_quantity

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==\Z|[A-Za-z0-9+/]{3}=\Z)?")
_BASE64_CHARACTER = re.compile(r"[A-Za-z0-9+/]")
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


def byte_problem(text: str) -> int | None:
    """Where padded standard base64 is broken, as Go counts: a wrong character, or the start of an incomplete group.

    Line breaks are skipped. None when nothing is wrong.
    """
    plain = text.replace("\n", "").replace("\r", "")
    found = _BASE64.match(plain)
    end = found.end() if found else 0
    if end == len(plain):
        return None
    tail = plain[end : end + 4]
    wrong = next((place for place, character in enumerate(tail) if not _BASE64_CHARACTER.match(character)), None)
    return end + wrong if wrong is not None else end


def is_byte(text: str) -> bool:
    return byte_problem(text) is None


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
