"""Where a number lies on an axis, and the round numbers that are written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DECADES = 2
"""An axis is logarithmic where its numbers are positive and span at least so many powers of ten."""


@dataclass(frozen=True)
class Scale:
    """From the least to the greatest number that an axis shows."""

    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high one; what lies outside is at the nearer end. A single number is in the
        middle."""
        low, high, at = (
            math.log10(each) if self.is_log and each > 0 else each for each in (self.low, self.high, value)
        )
        if self.is_log and value <= 0:
            return 0.0
        span = high / 2 - low / 2  # halves: the span of the largest numbers has no number
        if span <= 0:
            return 0.5
        return min(1.0, max(0.0, (at / 2 - low / 2) / span))


def scale_of(values: Iterable[float], *, is_log: bool | None = None) -> Scale:
    """An axis for all finite numbers of `values`; 0 to 1 without any. `is_log` None: where they span decades."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return Scale(0.0, 1.0)
    low, high = min(finite), max(finite)
    log = spans_decades(low, high) if is_log is None else is_log and low > 0
    return Scale(low, high, log)


def spans_decades(low: float, high: float) -> bool:
    return 0 < low < high and math.log10(high) - math.log10(low) >= DECADES


def ticks(scale: Scale, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers from low to high, at most `most` (at least 2); the ends themselves where fewer than two are round.

    `whole` allows whole numbers alone.
    """
    most = max(most, 2)
    if scale.low >= scale.high:
        return [scale.low]
    found = _decades(scale, most) if scale.is_log else []
    found = found or _round(scale.low, scale.high, most, whole=whole)
    return found if len(found) > 1 else [scale.low, scale.high]


def _decades(scale: Scale, most: int) -> list[float]:
    first, last = math.ceil(math.log10(scale.low) - 1e-9), math.floor(math.log10(scale.high) + 1e-9)
    if last - first < 1:
        return []
    step = math.ceil((last - first + 1) / most)
    return [float(f"1e{power}") for power in range(first, last + 1, step)]


def _round(low: float, high: float, most: int, *, whole: bool) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    span = high / most - low / most
    if span <= 0 or not math.isfinite(span):
        return []
    power = math.floor(math.log10(span)) - 1
    for exponent in range(power, power + 4):
        for factor in (1, 2, 5):
            step = _number(factor, exponent)
            if step <= 0 or (whole and step < 1):
                continue
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first + 1 <= most:
                return [_multiple(number, factor, exponent) for number in range(first, last + 1)]
    return []


def _number(factor: int, exponent: int) -> float:
    return float(f"{factor}e{exponent}")


def _multiple(number: int, factor: int, exponent: int) -> float:
    """Exactly what its decimal digits say, which a product of floats is not."""
    return float(f"{number * factor}e{exponent}")


def labels(numbers: Sequence[float]) -> list[str]:
    """The numbers as short texts that tell them apart."""
    for digits in range(3, 17):
        found = [number(value, digits) for value in numbers]
        if len(set(found)) == len(set(numbers)):
            return found
    return [repr(value) for value in numbers]


def number(value: float, digits: int = 4) -> str:
    """A number for people: `0.001`, `1e-5`, `12.5`, `3`."""
    if not math.isfinite(value):
        return "inf" if value > 0 else "-inf" if value < 0 else "nan"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        if 0 <= int(exponent) < 7:
            return f"{value:.0f}"
        return f"{mantissa}e{int(exponent)}"
    if "." in text:
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
