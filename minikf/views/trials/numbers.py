"""Numbers as Katib writes them: as texts."""

from __future__ import annotations

import math
from datetime import datetime


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


def moment(text: object) -> float | None:
    """An RFC 3339 time in seconds since 1970; None for none, and for Go's zero time."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.timestamp() if found.year > 1 else None
