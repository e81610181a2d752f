"""Quantities and their canonical spelling."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.quantity import canonical, is_quantity, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("500m", "0.5"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1E", "1000000000000000000"),
        ("-.5", "-0.5"),
        ("+2k", "2000"),
        (" 7 ", "7"),
        ("1n", "0.000000001"),
        ("0.1n", "0.000000001"),
        (2, "2"),
        (0.25, "0.25"),
        (1e-05, "0.00001"),
    ],
)
def test_parse(text: str | float, value: str) -> None:
    assert parse(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "a", "1 2", "1.2.3", "1Kb", "1ki", "--1", "1e", "0x1", "1e999999999", "Gi", "."])
def test_what_is_no_quantity(text: str) -> None:
    assert not is_quantity(text)
    with pytest.raises(ValueError, match="quantit"):
        parse(text)


# As a kube-apiserver v1.34.4 stores them.
@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1Gi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("0.5Gi", "512Mi"),
        ("1e3", "1e3"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("0", "0"),
        (2, "2"),
        (0.5, "500m"),
        ("1.5Gi", "1536Mi"),
    ],
)
def test_canonical(text: str | float, spelling: str) -> None:
    assert canonical(text) == spelling


@given(
    st.integers(min_value=-(10**15), max_value=10**15),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "u", "n"]),
)
def test_the_canonical_spelling_has_the_same_value_and_stays(number: int, suffix: str) -> None:
    spelling = canonical(f"{number}{suffix}")
    assert parse(spelling) == parse(f"{number}{suffix}")
    assert canonical(spelling) == spelling


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    assert is_quantity(text) in (True, False)
