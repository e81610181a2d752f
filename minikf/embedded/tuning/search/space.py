"""The feasible space: every parameter as an axis whose values can be drawn, recognised and counted, as Katib's strings.

Each axis maps [0, 1] onto its values so that a uniform draw has the parameter's distribution; steps, logarithms and
bells are all in that mapping, so no algorithm needs to know them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import NormalDist

CHOICES = ("categorical", "discrete")
_BELL = NormalDist()
_SPREAD = 3.0  # Katib's bell: middle of the range, a sixth of it as sigma; so the range is 3 sigmas to each side
_TAIL = _BELL.cdf(-_SPREAD)


@dataclass(frozen=True)
class Axis:
    """One parameter. A choice has `choices`; a number has `low`, `high`, and `step` unless it is continuous."""

    name: str
    type: str
    choices: tuple[str, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    step: Decimal | None = None
    distribution: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it is a double or an int."""
        return self.type not in CHOICES

    @property
    def logarithmic(self) -> bool:
        """Whether its scale is that of the exponent."""
        return self.distribution in ("logUniform", "logNormal")

    @cached_property
    def size(self) -> int | None:
        """How many values it has; None: a continuum."""
        if not self.numeric:
            return len(self.choices)
        if self.low == self.high:
            return 1
        return None if self.step is None else int((self.high - self.low) / self.step) + 1

    def value(self, index: int) -> str:
        """The value with this number, from 0; of a choice or of an axis with steps."""
        if not self.numeric:
            return self.choices[index]
        return self._text(self.low + index * (self.step or Decimal(0)))

    def at(self, unit: float) -> str:
        """The value at this share, 0 to 1, of the distribution."""
        size = self.size
        if size is not None and (not self.numeric or self.distribution in ("", "uniform")):
            return self.value(min(int(unit * size), size - 1))
        low, high = self._edges
        if self.distribution in ("normal", "logNormal"):
            middle = (low + high) / 2
            unit = _BELL.inv_cdf(min(max(_TAIL + unit * (1 - 2 * _TAIL), _TAIL), 1 - _TAIL))
            point = middle + unit * (high - middle) / _SPREAD
        else:
            point = low + unit * (high - low)
        return self.nearest(math.exp(point) if self.logarithmic else point)

    def unit(self, text: str) -> float:
        """The share at which `at` gives this value; the middle of its part where it has one of several."""
        size = self.size
        if not self.numeric:
            return (self.choices.index(text) + 0.5) / len(self.choices)
        if size == 1:
            return 0.5
        if size is not None and self.distribution in ("", "uniform"):
            return (self.index(text) + 0.5) / size
        low, high = self._edges
        number = float(text)
        point = math.log(max(number, math.exp(low))) if self.logarithmic else number
        share = (point - low) / (high - low)
        if self.distribution in ("normal", "logNormal"):
            share = (_BELL.cdf((2 * share - 1) * _SPREAD) - _TAIL) / (1 - 2 * _TAIL)
        return min(max(share, 0.0), 1.0)

    def index(self, text: str) -> int:
        """The number of this value; of a choice or of an axis with steps."""
        if not self.numeric:
            return self.choices.index(text)
        return 0 if not self.step else round((Decimal(text) - self.low) / self.step)

    def nearest(self, number: float) -> str:
        """The feasible value nearest to a number."""
        if self.size is not None:
            step = float(self.step or 1)
            return self.value(min(max(round((number - float(self.low)) / step), 0), self.size - 1))
        return self._text(min(max(Decimal(repr(number)), self.low), self.high))

    def holds(self, text: str) -> bool:
        """Whether a value is one of this axis' own."""
        if not self.numeric:
            return text in self.choices
        try:
            number = Decimal(text)
        except ArithmeticError:
            return False
        if not (number.is_finite() and self.low <= number <= self.high):
            return False
        return self.size is None or self.value(self.index(text)) == text

    @cached_property
    def _edges(self) -> tuple[float, float]:
        """Where `at(0)` and `at(1)` lie before rounding; half a step outside, so that the ends get their full share."""
        low, high = float(self.low), float(self.high)
        if self.step and self.distribution == "logUniform":
            half = float(self.step) / 2
            low, high = max(low - half, low / 2), high + half
        return (math.log(low), math.log(high)) if self.logarithmic else (low, high)

    def _text(self, number: Decimal) -> str:
        return str(int(number)) if self.type == "int" else repr(float(number))


@dataclass(frozen=True)
class Space:
    """All axes, in the order of the experiment."""

    axes: tuple[Axis, ...]

    @cached_property
    def size(self) -> int | None:
        """How many combinations there are; None: a continuum."""
        sizes = [axis.size for axis in self.axes]
        return None if None in sizes else math.prod(size for size in sizes if size is not None)

    @property
    def numeric(self) -> tuple[Axis, ...]:
        """The axes that are numbers."""
        return tuple(axis for axis in self.axes if axis.numeric)

    def key(self, assignments: Mapping[str, str]) -> tuple[str, ...]:
        """The assignments in the order of the axes, to compare them."""
        return tuple(assignments.get(axis.name, "") for axis in self.axes)

    def holds(self, assignments: Mapping[str, str]) -> bool:
        """Whether it is a whole and feasible assignment of this space."""
        return len(assignments) == len(self.axes) and all(
            axis.name in assignments and axis.holds(assignments[axis.name]) for axis in self.axes
        )

    def combination(self, index: int) -> dict[str, str]:
        """The combination with this number; the last axis changes fastest. Only of a space with a size."""
        values: dict[str, str] = {}
        for axis in reversed(self.axes):
            index, digit = divmod(index, axis.size or 1)
            values[axis.name] = axis.value(digit)
        return {axis.name: values[axis.name] for axis in self.axes}
