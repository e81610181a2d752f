"""Points of the space as rows of numbers, for regression models.

A number is its share of the range; a list of numbers, its rank among them; a category, one column for each of its
values, 1 for the one it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from minikf.embedded.tuning.search.space import Axis, Space

if TYPE_CHECKING:
    import numpy as np


class Encoding:
    """The columns of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.ranks = {axis.name: _ranks(axis) for axis in space.axes}

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(columns) for columns in self.columns.values())

    @cached_property
    def columns(self) -> dict[str, range]:
        """The columns of each axis."""
        columns: dict[str, range] = {}
        begin = 0
        for axis in self.space.axes:
            end = begin + (1 if self.ordered(axis) else len(axis.choices))
            columns[axis.name] = range(begin, end)
            begin = end
        return columns

    def ordered(self, axis: Axis) -> bool:
        """Whether an axis is one column: a number, or a list of numbers."""
        return axis.numeric or self.ranks[axis.name] is not None

    def row(self, point: Mapping[str, str]) -> np.ndarray:
        """A point as a row of `width` numbers between 0 and 1."""
        import numpy as np

        row = np.zeros(self.width)
        for axis in self.space.axes:
            text, columns, ranks = point[axis.name], self.columns[axis.name], self.ranks[axis.name]
            if axis.numeric:
                row[columns[0]] = axis.unit(text)
            elif ranks is not None:
                row[columns[0]] = (ranks.index(text) + 0.5) / len(ranks)
            else:
                row[columns[axis.choices.index(text)]] = 1.0
        return row

    def point(self, row: np.ndarray) -> dict[str, str]:
        """The feasible point nearest to a row."""
        point: dict[str, str] = {}
        for axis in self.space.axes:
            columns, ranks = self.columns[axis.name], self.ranks[axis.name]
            share = float(row[columns[0]])
            if axis.numeric:
                point[axis.name] = axis.at(share)
            elif ranks is not None:
                point[axis.name] = ranks[min(int(share * len(ranks)), len(ranks) - 1)]
            else:
                cells = [float(row[column]) for column in columns]
                point[axis.name] = axis.choices[cells.index(max(cells))]
        return point

    def samples(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Rows by chance, each axis from its own distribution."""
        import numpy as np

        rows = generator.random((count, self.width))
        for axis in self.space.axes:
            if not self.ordered(axis):
                columns = list(self.columns[axis.name])
                rows[:, columns] = np.eye(len(columns))[generator.integers(len(columns), size=count)]
        return self.feasible(rows)

    def feasible(self, rows: np.ndarray) -> np.ndarray:
        """Rows moved to the middle of the values that they stand for, where an axis has few."""
        import numpy as np

        moved = rows.copy()
        for axis in self.space.axes:
            columns, ranks = self.columns[axis.name], self.ranks[axis.name]
            size = len(ranks) if ranks is not None else axis.size
            if not self.ordered(axis) or size is None:
                continue
            if axis.numeric and axis.distribution not in ("", "uniform"):
                units = np.array([axis.unit(axis.at(float(share))) for share in rows[:, columns[0]]])
                moved[:, columns[0]] = units
            else:
                moved[:, columns[0]] = (np.minimum((rows[:, columns[0]] * size).astype(int), size - 1) + 0.5) / size
        return moved


def _ranks(axis: Axis) -> tuple[str, ...] | None:
    """A list's values in the order of their numbers; None where they are not all numbers, or are categories."""
    if axis.type != "discrete":
        return None
    try:
        return tuple(sorted(axis.choices, key=float))
    except ValueError:
        return None
