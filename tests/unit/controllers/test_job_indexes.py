"""Completion indexes in the form that Kubernetes writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.controllers.job import indexes


@pytest.mark.parametrize(
    ("given_indexes", "text"),
    [([], ""), ([0], "0"), ([0, 1], "0,1"), ([0, 1, 2], "0-2"), ([5, 0, 3, 4, 1, 9], "0,1,3-5,9")],
)
def test_text(given_indexes: list[int], text: str) -> None:
    assert indexes.text_of(given_indexes) == text


def test_what_is_no_index_is_left_out() -> None:
    assert indexes.parse("0,x,2-4,7,9-", 4) == {
        0,
        2,
        3,
    }


@given(st.sets(st.integers(0, 200)))
def test_text_and_back(found: set[int]) -> None:
    assert indexes.parse(indexes.text_of(found), 201) == found
