"""Ages as kubectl prints them: k8s.io/apimachinery v0.34.4, pkg/util/duration/duration.go."""

from __future__ import annotations

from datetime import UTC, datetime

UNKNOWN = "<unknown>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def parse_time(text: object) -> datetime | None:
    """An RFC 3339 time, or None for what is absent or no time."""
    if not isinstance(text, str) or not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def since(text: object, now: datetime) -> str:
    """How long ago `text` was, or `<unknown>`."""
    moment = parse_time(text)
    return human_duration((now - moment).total_seconds()) if moment else UNKNOWN


def human_duration(duration: float) -> str:
    """Two or three significant figures of a duration in seconds: `5s`, `3m20s`, `7h`, `2d3h`, `400d`."""
    seconds = int(duration)
    if seconds < -1:
        return "<invalid>"
    if seconds < 2 * _MINUTE:
        return f"{max(seconds, 0)}s"
    for bound, unit, part in _STYLES:
        if seconds < bound:
            return _two(seconds, unit, part)
    return f"{seconds // _YEAR}y"


def _two(seconds: int, unit: tuple[int, str], part: tuple[int, str] | None) -> str:
    """`3m20s`: whole units and, where the style has one, the rest in a smaller unit."""
    whole = f"{seconds // unit[0]}{unit[1]}"
    rest = seconds % unit[0] // part[0] if part else 0
    return f"{whole}{rest}{part[1]}" if part and rest else whole


_SECONDS, _MINUTES, _HOURS, _DAYS, _YEARS = (1, "s"), (_MINUTE, "m"), (_HOUR, "h"), (_DAY, "d"), (_YEAR, "y")
_STYLES: tuple[tuple[int, tuple[int, str], tuple[int, str] | None], ...] = (
    (10 * _MINUTE, _MINUTES, _SECONDS),
    (3 * _HOUR, _MINUTES, None),
    (8 * _HOUR, _HOURS, _MINUTES),
    (2 * _DAY, _HOURS, None),
    (8 * _DAY, _DAYS, _HOURS),
    (2 * _YEAR, _DAYS, None),
    (8 * _YEAR, _YEARS, _DAYS),
)
