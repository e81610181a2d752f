"""Moments of the API: RFC 3339 in UTC, as protobuf's JSON writes and reads google.protobuf.Timestamp."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


def written(epoch: float) -> str | None:
    """To the millisecond where it has any, like `2026-01-31T09:00:00.250Z`; None for 0, which means not yet."""
    if not epoch:
        return None
    milliseconds = round(epoch * 1000)
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{milliseconds % 1000:03d}" if milliseconds % 1000 else ""
    return f"{whole}{fraction}Z"


def read(text: str) -> float:
    """Epoch seconds. Raises ValueError for anything but RFC 3339 with a zone."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not a time like 2026-01-31T09:00:00Z")
    date, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        # The first and last day of the calendar are no times that anyone means, and not all zones have them.
        return datetime.fromisoformat(f"{date}T{clock}{zone}").astimezone(UTC).timestamp() + float(fraction or 0)
    except OverflowError as error:
        raise ValueError("not within the years 1 to 9999") from error
