"""Charts and parallel coordinates: whole pictures, and what holds for any data in any size."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.tui.pictures.chart import LEAST_HEIGHT, LEAST_WIDTH, Kind, Series, chart, lines_of
from minikf.tui.pictures.parallel import Axis, parallel
from minikf.tui.pictures.picture import ROLES, Picture
from minikf.tui.pictures.scale import labels, number, scale_of, ticks

RECORDED = Path(__file__).parent / "pictures.txt"
SIZES = [(20, 5), (40, 10), (60, 15), (200, 60)]
ANY_NUMBER = st.none() | st.floats()
SMALL = st.integers(1, 30)


def accuracies() -> list[Series]:
    """Twelve trials of which two failed, with what was best at each."""
    values = [0.52, 0.61, None, 0.58, 0.7, 0.69, 0.74, None, 0.73, 0.82, 0.8, 0.79]
    best = [max(value for value in values[: end + 1] if value is not None) for end in range(len(values))]
    return [
        Series("accuracy", tuple(enumerate(values, 1)), Kind.POINTS, mark="•", ascii_mark="o"),
        Series("best so far", tuple(enumerate(best, 1)), Kind.STEPS, "best", ascii_mark="-"),
        Series("failed", ((3, None), (8, None)), Kind.RUG, "bad", "×", "x"),
    ]


def losses() -> list[Series]:
    falling = tuple((step, round(2 * 0.9**step, 6)) for step in range(40))
    slower = tuple((step, round(2.2 * 0.93**step, 6)) for step in range(0, 40, 4))
    return lines_of([("loss", falling), ("eval_loss", slower)])


AXES = [
    Axis("learning_rate", scale_of([1e-4, 0.1])),
    Axis("layers", scale_of([1, 8])),
    Axis("optimizer", categories=("adam", "sgd")),
    Axis("accuracy", scale_of([0.5, 0.9])),
]
TRIALS = [(1e-4, 2, "sgd", 0.5), (1e-3, 4, "adam", 0.9), (0.1, 8, "sgd", 0.6), (0.01, 1, "adam", None)]


def pictures() -> dict[str, Picture]:
    """What is compared with the record."""
    found = {}
    for width, height in SIZES[:3]:
        for ascii_only in (False, True):
            form = f"{width}x{height}{' ascii' if ascii_only else ''}"
            found[f"trials {form}"] = chart(accuracies(), width, height, x_label="trial", ascii_only=ascii_only)
            found[f"losses {form}"] = chart(losses(), width, height, x_label="step", ascii_only=ascii_only)
            found[f"parallel {form}"] = parallel(AXES, TRIALS, width, height, best=1, ascii_only=ascii_only)
    found["losses 60x15 log"] = chart(losses(), 60, 15, x_label="step", is_log=True)
    found["nothing 40x8"] = chart([], 40, 8)
    return found


def test_the_pictures_are_those_that_were_looked_at() -> None:
    """Written anew by `python -m tests.unit.pictures.test_charts`; look at the difference."""
    assert recorded(pictures()) == RECORDED.read_text(encoding="utf-8")


def recorded(found: dict[str, Picture]) -> str:
    return "\n\n".join(f"== {name}\n{picture}" for name, picture in found.items()) + "\n"


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_filled_exactly(size: tuple[int, int], ascii_only: bool) -> None:
    for picture in (
        chart(accuracies(), *size, ascii_only=ascii_only),
        chart(losses(), *size, is_log=None, ascii_only=ascii_only),
        parallel(AXES, TRIALS, size[0], max(size[1], 7), best=1, ascii_only=ascii_only),
    ):
        fits(picture, size[0], max(size[1], len(picture.lines)), ascii_only)


def fits(picture: Picture, width: int, height: int, ascii_only: bool) -> None:
    assert len(picture.lines) == height
    assert {len(text) for text in picture.texts} == {width}
    assert {role for line in picture.lines for _, role in line} <= {"", *ROLES}
    if ascii_only:
        assert all(text.isascii() for text in picture.texts)


points = st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), ANY_NUMBER), max_size=30)


@given(
    st.lists(st.tuples(points, st.sampled_from(Kind)), max_size=5), st.integers(0, 70), st.integers(0, 30),
    st.sampled_from([None, True, False]), st.booleans(),
)  # fmt: skip
@settings(max_examples=200)
def test_any_numbers_have_a_picture_of_the_size_that_was_asked_for(
    data: list[tuple[list[tuple[float, float | None]], Kind]], width: int, height: int, is_log: bool | None, only: bool
) -> None:
    series = [Series(f"s{n}", tuple(sorted(each, key=lambda p: p[0])), kind) for n, (each, kind) in enumerate(data)]
    picture = chart(series, width, height, x_label="step", is_log=is_log, ascii_only=only)
    fits(picture, max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT), only and all(each.mark == "" for each in series))
    assert picture == chart(series, width, height, x_label="step", is_log=is_log, ascii_only=only)


SOME_AXES = [Axis("n", scale_of([1e-5, 1])), Axis("m"), Axis("c", categories=("a", "b"))]
values = st.none() | st.floats() | st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.sampled_from(SOME_AXES), max_size=8),
    st.lists(st.lists(values, min_size=8, max_size=8), max_size=80), st.integers(0, 100), st.integers(0, 30),
    st.integers(-1, 90), st.booleans(),
)  # fmt: skip
@settings(max_examples=150)
def test_any_trials_have_parallel_coordinates(
    axes: list[Axis], lines: list[list[float | str | None]], width: int, height: int, best: int, only: bool
) -> None:
    picture = parallel(axes, lines, width, height, best=best, ascii_only=only)
    fits(picture, max(width, 20), max(height, 7), only)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False), SMALL)
def test_ticks_are_few_rise_and_lie_on_the_axis(one: float, other: float, most: int) -> None:
    scale = scale_of([one, other])
    found = ticks(scale, most)
    assert 1 <= len(found) <= max(2, most)
    assert found == sorted(found)
    slack = 1e-6 * max(abs(scale.low), abs(scale.high))
    assert all(scale.low - slack <= value <= scale.high + slack for value in found)
    assert len(set(labels(found))) == len(set(found))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2), st.sampled_from([None, True, False]))
def test_a_larger_number_never_lies_lower(numbers: list[float], is_log: bool | None) -> None:
    scale = scale_of(numbers, is_log=is_log)
    shares = [scale.share(value) for value in sorted(numbers)]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_ticks_are_round() -> None:
    assert ticks(scale_of([0, 40]), 5) == [0, 10, 20, 30, 40]
    assert ticks(scale_of([0.52, 0.91]), 4) == [0.6, 0.7, 0.8, 0.9]
    assert ticks(scale_of([1e-5, 1e-1]), 5) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    assert ticks(scale_of([1, 3]), 9, whole=True) == [1, 2, 3]
    assert ticks(scale_of([7]), 5) == [7]
    assert ticks(scale_of([]), 3) == [0, 0.5, 1]


def test_numbers_are_short() -> None:
    shown = [number(value) for value in (0.1, 1e-5, 12.5, 3.0, -0.0, 123456, 1e12, math.nan, math.inf, -math.inf)]
    assert shown == ["0.1", "1e-5", "12.5", "3", "0", "123456", "1e12", "nan", "inf", "-inf"]


def test_values_that_are_no_numbers_lie_at_the_edges_or_leave_gaps() -> None:
    numbers = ((1.0, 1.0), (2.0, math.inf), (3.0, math.nan), (4.0, -math.inf), (5.0, 2.0))
    picture = chart([Series("x", numbers, Kind.POINTS, mark="o")], 40, 8)
    assert str(picture).count("o x") == 1
    assert [sum(text.count(mark) for text in picture.texts) for mark in "^v"] == [1, 1]


def test_the_best_trial_is_marked_on_each_axis_and_drawn_over_the_others() -> None:
    picture = parallel(AXES, TRIALS * 200, 80, 20, best=1)
    assert sum(text.count("◆") for text in picture.texts) == len(AXES) + 1
    assert "61 of 800 trials" in picture.texts[-1]
    assert any(role == "best" for line in picture.lines[2:-2] for _, role in line)


if __name__ == "__main__":
    RECORDED.write_text(recorded(pictures()), encoding="utf-8")
