"""Numbers as Katib writes them: as texts."""

from __future__ import annotations

import math
from datetime import datetime

_SHORT = 7
"""Characters of a number that is left as it is."""


def number(text: object) -> float | None:
    """The number that a text is, NaN and infinities included; None for what is none."""
    try:
        return float(str(text))
    except ValueError:
        return None


def finite(text: object) -> float | None:
    """The finite number that a text is."""
    value = number(text)
    return value if value is not None and math.isfinite(value) else None


def short(text: str) -> str:
    """A parameter in a table: a fraction in five digits, anything else as it is. Its details have all digits."""
    value = finite(text)
    if value is None or len(text) <= _SHORT or text.lstrip("+-").isdigit():
        return text
    return f"{value:.5g}"


def moment(text: object) -> float | None:
    """An RFC 3339 time in seconds since 1970; None for none, and for Go's zero time."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.timestamp() if found.year > 1 else None
