"""Axes: what lies on them, how they are drawn, and that nothing else is ever written."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.tuning.search import Parameter
from minikf.embedded.tuning.search.parsing import axis, space
from minikf.embedded.tuning.search.space import Axis


def made(parameter: Parameter) -> Axis:
    return axis(parameter, "spec.parameters[0]")


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    """Any valid parameter."""
    kind = draw(st.sampled_from(("double", "int", "discrete", "categorical")))
    if kind == "categorical":
        names = draw(st.lists(st.text("ab,;: é", min_size=1, max_size=5), min_size=1, unique=True, max_size=6))
        return Parameter("p", kind, values=tuple(names))
    if kind == "discrete":
        numbers = draw(st.lists(st.floats(-1e6, 1e6).map(repr), min_size=1, unique=True, max_size=6))
        return Parameter("p", kind, values=tuple(numbers))
    distribution = draw(st.sampled_from(("", "uniform", "logUniform", "normal", "logNormal")))
    least = 1 if distribution.startswith("log") else -1000
    if kind == "int":
        low = draw(st.integers(least, 1000))
        high = draw(st.integers(low, low + 1000))
        step = draw(st.sampled_from(("", "1", "7")))
        return Parameter("p", kind, str(low), str(high), step, distribution=distribution)
    small = draw(st.floats(1e-9 if least == 1 else -1e6, 1e6))
    large = draw(st.floats(small, small + 1e6))
    step = draw(st.sampled_from(("", "0.1", "0.003", "250")))
    return Parameter("p", kind, repr(small), repr(large), step, distribution=distribution)


@given(parameters(), st.floats(0, 1))
def test_every_share_gives_a_value_of_the_axis_and_back(parameter: Parameter, share: float) -> None:
    one = made(parameter)
    text = one.at(share)
    assert one.holds(text), text
    assert 0 <= one.unit(text) <= 1
    again = one.at(one.unit(text))
    if one.size is not None:
        assert again == text
    else:
        span = float(one.high - one.low)
        assert math.isclose(float(again), float(text), rel_tol=1e-6, abs_tol=1e-6 * span)
    if parameter.type == "int":
        low, step = int(parameter.minimum), int(parameter.step or 1)
        assert str(int(text)) == text
        assert (int(text) - low) % step == 0


@given(parameters())
def test_counted_values_are_as_many_as_counted_and_all_different(parameter: Parameter) -> None:
    one = made(parameter)
    if one.size is None or one.size > 500:
        return
    values = [one.value(index) for index in range(one.size)]
    assert len(set(values)) == one.size
    assert all(one.holds(value) for value in values)
    assert [one.index(value) for value in values] == list(range(one.size))


def test_steps_of_doubles_have_no_rounding_errors_and_reach_the_end() -> None:
    one = made(Parameter("p", "double", "0.1", "0.5", "0.1"))
    assert [one.value(index) for index in range(5)] == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert one.size == 5
    assert made(Parameter("p", "double", "0", "1", "0.3")).size == 4  # 0.9 is the last one
    assert not one.holds("0.25")
    assert not one.holds("0.30000000000000004")


@pytest.mark.parametrize(
    ("parameter", "texts"),
    [
        (Parameter("p", "int", "1", "3"), ["1", "2", "3"]),
        (Parameter("p", "int", "1", "10", "4"), ["1", "5", "9"]),
        (Parameter("p", "double", "1", "2", "0.5"), ["1.0", "1.5", "2.0"]),
        (Parameter("p", "discrete", values=("64", "1e-3", "16")), ["64", "1e-3", "16"]),
        (Parameter("p", "categorical", values=("b", "a")), ["b", "a"]),
    ],
)
def test_values_are_the_strings_that_katib_writes(parameter: Parameter, texts: list[str]) -> None:
    one = made(parameter)
    assert [one.value(index) for index in range(one.size or 0)] == texts


def drawn(parameter: Parameter, count: int = 4000) -> list[float]:
    one = made(parameter)
    return [float(one.at((index + 0.5) / count)) for index in range(count)]


def test_distributions_have_their_shape() -> None:
    logarithmic = drawn(Parameter("p", "double", "1e-4", "1", distribution="logUniform"))
    assert sum(value < 1e-2 for value in logarithmic) == pytest.approx(2000, abs=10)
    bell = drawn(Parameter("p", "double", "0", "6", distribution="normal"))
    assert sum(2 < value < 4 for value in bell) == pytest.approx(0.6827 / 0.9973 * 4000, abs=10)
    assert sum(value < 3 for value in bell) == pytest.approx(2000, abs=10)
    both = drawn(Parameter("p", "double", "1", "1000000", distribution="logNormal"))
    assert sum(value < 1000 for value in both) == pytest.approx(2000, abs=10)
    assert sum(100 < value < 10000 for value in both) == pytest.approx(0.6827 / 0.9973 * 4000, abs=10)
    whole = Counter(drawn(Parameter("p", "int", "1", "4")))
    assert whole == {1: 1000, 2: 1000, 3: 1000, 4: 1000}
    powers = Counter(drawn(Parameter("p", "int", "1", "100", distribution="logUniform")))
    assert powers[1] > powers[2] > powers[10] > powers[99]
    assert min(powers) == 1
    assert max(powers) == 100


def test_a_combination_is_told_from_its_number() -> None:
    two = space((Parameter("a", "int", "0", "2"), Parameter("b", "categorical", values=("x", "y"))))
    every = [two.combination(index) for index in range(two.size or 0)]
    assert every[:3] == [{"a": "0", "b": "x"}, {"a": "0", "b": "y"}, {"a": "1", "b": "x"}]
    assert len({two.key(point) for point in every}) == 6
    assert all(two.holds(point) for point in every)
    assert not two.holds({"a": "0"})
    assert not two.holds({"a": "3", "b": "x"})


def test_nearest_stays_inside() -> None:
    one = made(Parameter("p", "double", "0.25", "1", "0.25"))
    assert [one.nearest(value) for value in (-5, 0.3, 0.4, 7)] == ["0.25", "0.25", "0.5", "1.0"]
    assert made(Parameter("p", "double", "0", "1")).low == Decimal(0)
