"""A series as one line of blocks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.tui.pictures.sparkline import ASCII_BLOCKS, BLOCKS, share, sparkline, squeezed, whole_sparkline

VALUES = st.lists(st.none() | st.floats(), max_size=60)


@pytest.mark.parametrize(
    ("values", "picture"),
    [
        ([], "        "),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([5, 5, 5], "     ▁▁▁"),
        ([0, None, math.nan, 7], "    ▁  █"),
        ([0, math.inf, -math.inf, 7], "    ▁█▁█"),
        (range(100), "▁▂▃▄▅▆▇█"),
    ],
)
def test_the_newest_values_lie_at_the_right(values: list[float | None], picture: str) -> None:
    assert sparkline(values, 8) == picture


def test_given_limits_hold_for_all_series_that_are_compared() -> None:
    assert sparkline([0, 50, 100, 250], 4, low=0, high=100) == "▁▅██"
    assert sparkline([0, 0, 0], 3, low=0, high=100) == "▁▁▁"
    assert sparkline([100, 100], 2, low=0, high=100) == "██"


def test_without_blocks_the_heights_are_told_in_seven_bits() -> None:
    assert sparkline(range(8), 8, ascii_only=True) == ASCII_BLOCKS
    assert sparkline([0, 100], 2, ascii_only=True).isascii()


def test_all_of_a_series_is_squeezed_into_the_width() -> None:
    assert whole_sparkline(range(80), 8) == BLOCKS
    assert whole_sparkline([1, 2], 8) == "▁█"
    assert squeezed([0, 2, None, None, 4, math.nan], 3) == [1, None, 4]


@given(VALUES, st.integers(-1, 30), st.booleans())
def test_every_series_has_a_picture_of_exactly_the_width(
    values: list[float | None], width: int, ascii_only: bool
) -> None:
    picture = sparkline(values, width, ascii_only=ascii_only)
    assert len(picture) == max(0, width)
    assert set(picture) <= set(" " + (ASCII_BLOCKS if ascii_only else BLOCKS))
    assert len(squeezed(values, width)) == min(len(values), max(width, 0))
    assert len(whole_sparkline(values, width)) == min(len(values), max(width, 0))


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=20))
def test_a_larger_value_never_lies_lower(values: list[float]) -> None:
    heights = [BLOCKS.index(block) for block in sparkline(sorted(values), len(values))]
    assert heights == sorted(heights)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_share_is_between_nought_and_one(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    if high / 2 - low / 2 > 0:
        assert 0 <= share(low + (high / 2 - low / 2), low, high) <= 1
