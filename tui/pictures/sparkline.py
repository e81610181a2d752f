"""A series as one line of blocks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
ASCII_BLOCKS = "_.,-~=*#"
"""Lower and higher, as far as the seven-bit alphabet can show it."""

Values = Sequence[float | None]


def sparkline(
    values: Values, width: int, *, low: float | None = None, high: float | None = None, ascii_only: bool = False
) -> str:
    """The last `width` values, the newest at the right, in exactly `width` characters.

    `low` and `high` are the values of the lowest and the highest block; without them, the least and the largest value
    shown. What lies outside is drawn at the edge. None and NaN leave a gap; a series that never changes lies low.
    """
    shown = list(values)[-width:] if width > 0 else []
    finite = [value for value in shown if value is not None and math.isfinite(value)]
    bottom = low if low is not None else min(finite, default=0.0)
    top = high if high is not None else max(finite, default=0.0)
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    return "".join(_block(value, bottom, top, blocks) for value in shown).rjust(max(width, 0))


def spark(values: Values, width: int, top: float = 100.0) -> str:
    """The last `width` values as blocks from 0 to `top`; a dot for one that is not known."""
    shown = values[-width:] if width > 0 else ()
    return "".join(NOTHING if value is None else _block(value, 0.0, top, BLOCKS) for value in shown)


def whole_sparkline(values: Values, width: int, *, ascii_only: bool = False) -> str:
    """All of a series in at most `width` characters: where it is longer, each block is the mean of its part."""
    return sparkline(squeezed(values, width), min(width, len(values)), ascii_only=ascii_only)


def squeezed(values: Values, most: int) -> list[float | None]:
    """At most `most` values in the same order: each is the mean of the finite ones of its part, None without any."""
    if len(values) <= most or most <= 0:
        return list(values)[: max(most, 0)]
    edges = [len(values) * part // most for part in range(most + 1)]
    return [_mean(values[start:end]) for start, end in itertools.pairwise(edges)]


def _mean(values: Values) -> float | None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    # Divided before it is added up: the sum of large numbers would not be one.
    return sum(value / len(finite) for value in finite) if finite else None


def _block(value: float | None, bottom: float, top: float, blocks: str) -> str:
    if value is None or math.isnan(value):
        return " "
    if value <= bottom:
        return blocks[0]
    if value >= top:
        return blocks[-1]
    return blocks[min(len(blocks) - 1, int(share(value, bottom, top) * len(blocks)))]


def share(value: float, bottom: float, top: float) -> float:
    """How far `value` is from `bottom` to `top`, from 0 to 1; numbers near the largest there are do no harm."""
    return (value / 2 - bottom / 2) / (top / 2 - bottom / 2)
