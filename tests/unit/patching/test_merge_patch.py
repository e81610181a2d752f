"""JSON merge patch: the examples of RFC 7386 and its laws."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.patching import merge_patch
from minikf.embedded.status import ApiError

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(st.sampled_from("abcd"), _JSON, max_size=4)


# RFC 7386, appendix A, as far as both sides are objects.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_examples_of_the_rfc(original: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]) -> None:
    assert merge_patch(original, patch) == result


@given(_OBJECTS, _OBJECTS)
def test_a_patch_is_idempotent_and_changes_neither_side(original: dict[str, Any], patch: dict[str, Any]) -> None:
    before = json.dumps([original, patch])
    once = merge_patch(original, patch)
    assert merge_patch(once, patch) == once
    assert json.dumps([original, patch]) == before


@given(_OBJECTS)
def test_an_empty_patch_changes_nothing(original: dict[str, Any]) -> None:
    assert merge_patch(original, {}) == original


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([1], "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (3, "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}"),
        (None, "Invalid JSON Patch"),
    ],
)
def test_what_is_no_merge_patch(patch: Any, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        merge_patch({}, patch)
    assert (caught.value.code, caught.value.message) == (400, message)
