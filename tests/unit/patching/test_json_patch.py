"""JSON patch: RFC 6902's appendix A, and where a kube-apiserver is laxer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded.patching import json_patch
from minikf.embedded.status import ApiError

Operations = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("obj", "operations", "result"),
    [
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/baz", "value": "qux"}],
            {"baz": "qux", "foo": "bar"},
            id="A.1 adding an object member",
        ),
        pytest.param(
            {"foo": ["bar", "baz"]},
            [{"op": "add", "path": "/foo/1", "value": "qux"}],
            {"foo": ["bar", "qux", "baz"]},
            id="A.2 adding an array element",
        ),
        pytest.param(
            {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}, id="A.3 removing a member"
        ),
        pytest.param(
            {"foo": ["bar", "qux", "baz"]},
            [{"op": "remove", "path": "/foo/1"}],
            {"foo": ["bar", "baz"]},
            id="A.4 removing an element",
        ),
        pytest.param(
            {"baz": "qux", "foo": "bar"},
            [{"op": "replace", "path": "/baz", "value": "boo"}],
            {"baz": "boo", "foo": "bar"},
            id="A.5 replacing a value",
        ),
        pytest.param(
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
            id="A.6 moving a value",
        ),
        pytest.param(
            {"foo": ["all", "grass", "cows", "eat"]},
            [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
            {"foo": ["all", "cows", "eat", "grass"]},
            id="A.7 moving an element",
        ),
        pytest.param(
            {"baz": "qux", "foo": ["a", 2, "c"]},
            [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
            {"baz": "qux", "foo": ["a", 2, "c"]},
            id="A.8 testing a value: success",
        ),
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
            {"foo": "bar", "child": {"grandchild": {}}},
            id="A.10 adding a nested member object",
        ),
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
            {"foo": "bar", "baz": "qux"},
            id="A.11 ignoring unrecognized elements",
        ),
        pytest.param(
            {"/": 9, "~1": 10},
            [{"op": "test", "path": "/~01", "value": 10}],
            {"/": 9, "~1": 10},
            id="A.14 escape ordering",
        ),
        pytest.param(
            {"foo": ["bar"]},
            [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
            {"foo": ["bar", ["abc", "def"]]},
            id="A.16 adding an array value",
        ),
        pytest.param(
            {"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}, id="copy"
        ),
        pytest.param({}, [{"op": "replace", "path": "/a", "value": 1}], {"a": 1}, id="lax: replace adds"),
        pytest.param({}, [{"op": "copy", "from": "/a", "path": "/b"}], {"b": None}, id="lax: copy of nothing"),
        pytest.param({}, [{"op": "add", "path": "/a"}], {"a": None}, id="lax: no value"),
        pytest.param({"a": [1, 2]}, [{"op": "remove", "path": "/a/-1"}], {"a": [1]}, id="lax: from the end"),
        pytest.param({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}, id="the whole document"),
    ],
)
def test_operations(obj: dict[str, Any], operations: Operations, result: dict[str, Any]) -> None:
    before = json.dumps(obj)
    assert json_patch(obj, operations) == result
    assert json.dumps(obj) == before


_LIST = {"a": [1]}


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        # A.9: a test that fails; A.12: a target that is not there; A.15: strings are no numbers.
        ({"op": "test", "path": "/a/0", "value": "1"}, "testing value /a/0 failed"),
        ({"op": "test", "path": "/a/0", "value": True}, "testing value /a/0 failed"),
        ({"op": "add", "path": "/b/c", "value": 1}, 'add operation does not apply: doc is missing path: "/b/c"'),
        ({"op": "add", "path": "", "value": {}}, 'add operation does not apply: doc is missing path: ""'),
        ({"op": "add", "path": "/a/7", "value": 1}, "Unable to access invalid index: 7"),
        ({"op": "add", "path": "/a/x", "value": 1}, "value was not a proper array index: 'x'"),
        ({"op": "remove", "path": "/b"}, "Unable to remove nonexistent key: b"),
        ({"op": "remove", "path": "/a/3"}, "Unable to access invalid index: 3"),
        ({"op": "move", "from": "/b", "path": "/c"}, "Unable to remove nonexistent key: b"),
        ({"op": "copy", "from": "/b/c", "path": "/c"}, "doc is missing from path: /b/c"),
        ({"op": "copy", "path": "/c"}, "missing from field"),
        ({"op": "foo", "path": "/c"}, "Unexpected kind: foo"),
        ({"path": "/c"}, "Unexpected kind: unknown"),
        ({"op": "add", "value": 1}, "failed to decode path"),
        ({"op": "replace", "path": "", "value": 3}, "the patched document is not an object"),
    ],
)
def test_operations_that_cannot_be_done(operation: dict[str, Any], why: str) -> None:
    with pytest.raises(ApiError) as caught:
        json_patch(_LIST, [operation])
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")
    assert caught.value.message.startswith("the server rejected our request due to an error in our request")
    assert why in caught.value.message
    assert caught.value.status()["details"] == {}
    assert _LIST == {"a": [1]}


@pytest.mark.parametrize("operations", [{"op": "add"}, [1], "x", None])
def test_what_is_no_list_of_operations(operations: Any) -> None:
    with pytest.raises(ApiError) as caught:
        json_patch({}, operations)
    assert caught.value.code == 400
    assert caught.value.message.startswith("error decoding patch: json: cannot unmarshal")


def test_too_many_operations() -> None:
    with pytest.raises(ApiError) as caught:
        json_patch({}, [{"op": "add", "path": "/a", "value": 1}] * 10_001)
    assert caught.value.code == 413


@given(st.dictionaries(st.text(max_size=3), st.integers(), max_size=4), st.text(max_size=4), st.integers())
def test_what_is_added_can_be_tested_and_removed(obj: dict[str, Any], key: str, value: int) -> None:
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    steps = [{"op": "add", "path": pointer, "value": value}, {"op": "test", "path": pointer, "value": value}]
    assert json_patch(obj, steps) == obj | {key: value}
    without = {name: number for name, number in obj.items() if name != key}
    assert json_patch(obj, [*steps, {"op": "remove", "path": pointer}]) == without
