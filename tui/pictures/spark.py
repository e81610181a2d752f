"""A row of small bars, one for each of the last values."""

from __future__ import annotations

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def spark(values: Sequence[float | None], width: int, top: float = 100.0) -> str:
    """The last `width` values as bars from 0 to `top`; a dot for one that is not known."""
    return "".join(_bar(value, top) for value in values[-width:]) if width > 0 else ""


def _bar(value: float | None, top: float) -> str:
    if value is None:
        return NOTHING
    share = min(1.0, max(0.0, value / top)) if top else 0.0
    return BARS[min(len(BARS) - 1, int(share * len(BARS)))]
