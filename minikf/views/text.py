"""Text from elsewhere made safe for a terminal, and numbers made short for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Sequences that a terminal acts on (ECMA-48): OSC and the like up to their end, CSI, and two-character escapes.
_SEQUENCE = re.compile(
    r"\x1b[\]PX^_].*?(?:\x1b\\|\x07|$)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST_LINE = 4000


def plain(text: str) -> str:
    """`text` without what a terminal would act on: colours go, any other control character is shown as �."""
    return _CONTROL.sub("�", _SEQUENCE.sub("", text))


def line(raw: bytes) -> str:
    """One line of a log, cut where nobody reads on."""
    text = plain(raw[: 4 * LONGEST_LINE].decode(errors="replace").rstrip("\r\n"))
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}… ({len(raw):,} bytes)"


def age(created: str, now: datetime) -> str:
    """How long ago an RFC 3339 time was, as kubectl shortens it: 42s, 7m, 3h, 12d; "" for no time."""
    try:
        seconds = max(0, int((now - datetime.fromisoformat(created)).total_seconds()))
    except (ValueError, TypeError, OverflowError):  # TypeError: a time without its zone
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def span(seconds: float | None) -> str:
    """A duration for people: 0.4s, 42s, 7m05s, 3h12m, 2d04h; "" where it is not known."""
    if seconds is None:
        return ""
    whole = int(seconds)
    for size, unit, below, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            return f"{whole // size}{unit}{whole % size // below:02}{small}"
    return f"{seconds:.1f}s" if 0 < seconds < 1 else f"{whole}s"


def clock() -> datetime:
    """The machine's clock; pictures of tests stop it."""
    return datetime.now(UTC)


def now() -> datetime:
    return clock()


def megabytes(count: int) -> str:
    """Bytes as people read them; "" for an unknown size."""
    return f"{count / 1024 / 1024:.0f} MiB" if count else ""


def web_address(text: str) -> str:
    """The text where a browser can be sent there, else ""."""
    return text if text.startswith(("http://", "https://")) else ""
