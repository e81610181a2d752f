"""Strategic merge patch; the results are those of a kube-apiserver v1.34.4 for the same patches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.patching import strategic_patch
from minikf.embedded.schema import schema_for
from minikf.embedded.status import ApiError

POD = schema_for(kinds.POD)
ACCOUNT = schema_for(kinds.SERVICE_ACCOUNT)


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": list(containers)} | spec}


def patched(original: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    before = json.dumps([original, patch])
    result = strategic_patch(original, patch, POD)
    assert json.dumps([original, patch]) == before, "neither side may change"
    return result


A, B, C = ({"name": name, "image": name} for name in "abc")


def test_items_are_merged_by_their_key() -> None:
    result = patched(pod(A, B), {"spec": {"containers": [{"name": "b", "image": "new"}, {"name": "d", "image": "d"}]}})
    assert result["spec"]["containers"] == [A, {"name": "b", "image": "new"}, {"name": "d", "image": "d"}]


def test_an_item_is_deleted() -> None:
    result = patched(pod(A, B), {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}})
    assert result["spec"]["containers"] == [B]


def test_a_list_is_replaced() -> None:
    result = patched(pod(A, B), {"spec": {"containers": [C, {"$patch": "replace"}]}})
    assert result["spec"]["containers"] == [C]


def test_a_map_is_replaced_or_emptied() -> None:
    original = {"metadata": {"name": "p", "labels": {"a": "1", "b": "2"}}}
    replace = {"metadata": {"labels": {"$patch": "replace", "c": "3"}}}
    assert patched(original, replace)["metadata"]["labels"] == {"c": "3"}
    assert patched(original, {"metadata": {"labels": {"$patch": "delete"}}})["metadata"]["labels"] == {}


def test_null_removes_a_field_and_is_ignored_where_there_is_none() -> None:
    result = patched(
        pod(A, hostname="x"), {"spec": {"hostname": None, "subdomain": None, "dnsConfig": {"options": None}}}
    )
    assert result["spec"] == {"containers": [A], "dnsConfig": {}}


def test_atomic_lists_are_replaced() -> None:
    original = pod({"name": "a", "command": ["x", "y"]})
    result = patched(original, {"spec": {"containers": [{"name": "a", "command": ["z"]}]}})
    assert result["spec"]["containers"][0]["command"] == ["z"]


def test_lists_of_scalars_are_merged_and_reduced() -> None:
    original = {"metadata": {"name": "p", "finalizers": ["x/a", "x/b"]}}
    added = patched(original, {"metadata": {"finalizers": ["x/c", "x/a"]}})
    assert sorted(added["metadata"]["finalizers"]) == ["x/a", "x/b", "x/c"]
    removed = patched(original, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/a"]}})
    assert removed["metadata"]["finalizers"] == ["x/b"]


def test_the_order_that_the_patch_asks_for() -> None:
    order = {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}], "containers": [C]}
    result = patched(pod(A, B), {"spec": order})
    assert [item["name"] for item in result["spec"]["containers"]] == ["c", "a", "b"]
    only_order = patched(pod(A, B), {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}})
    assert [item["name"] for item in only_order["spec"]["containers"]] == ["b", "a"]


def test_retain_keys_clears_the_other_sources_of_a_volume() -> None:
    original = pod(A, volumes=[{"name": "v", "emptyDir": {}}])
    change = {"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}
    result = patched(original, {"spec": {"volumes": [change]}})
    assert result["spec"]["volumes"] == [{"name": "v", "configMap": {"name": "c"}}]


def test_references_to_secrets_are_merged_by_name() -> None:
    original = {"metadata": {"name": "s"}, "secrets": [{"name": "a"}]}
    result = strategic_patch(original, {"secrets": [{"name": "b"}]}, ACCOUNT)
    assert sorted(item["name"] for item in result["secrets"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("patch", "code", "message"),
    [
        ([1], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ({"spec": {"$patch": "foo"}}, 500, "unknown patch type: foo in map: map[$patch:foo]"),
        ({"metadata": {"$setElementOrder/finalizers": 3}}, 500, "expected a []interface {}, but received a int64"),
        (
            {"spec": {"containers": [{"image": "x"}]}},
            500,
            "map: map[image:x] does not contain declared merge key: name",
        ),
        ({"spec": {"containers": ["x"]}}, 500, "list element types are not identical"),
        ({"spec": {"containers": [["x"]]}}, 422, "lists of lists are not supported"),
        ({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name"], "emptyDir": {}}]}}, 400, "invalid patch format"),
    ],
)
def test_what_is_refused(patch: Any, code: int, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        strategic_patch(pod(A, volumes=[{"name": "v", "emptyDir": {}}]), patch, POD)
    assert caught.value.code == code
    assert message in caught.value.message
