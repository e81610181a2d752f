"""Server-side apply: ownership, conflicts, removal, co-ownership, migration from client-side apply.

Series of writes by several managers are compared with a kube-apiserver in tests/unit/recorded.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded import kinds, managed
from minikf.embedded.kinds import Kind
from minikf.embedded.schema import schema_for
from minikf.embedded.status import ApiError

Object = dict[str, Any]
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"


def config_map(data: Object | None = None, **metadata: Any) -> Object:
    out: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"} | metadata}
    return out | ({"data": data} if data is not None else {})


def apply(live: Object | None, applied: Object, manager: str, *, force: bool = False, **options: Any) -> Object:
    kind = kinds.of(applied["apiVersion"], applied["kind"])
    assert kind is not None
    before = json.dumps([live, applied])
    result = managed.apply(
        live,
        applied,
        manager,
        kind.api_version,
        force,
        schema_for(kind),
        options.get("subresource", ""),
        options.get("now", EARLY),
    )
    assert json.dumps([live, applied]) == before, "neither argument may change"
    return result


def owned(obj: Object, manager: str, operation: str = "Apply") -> Object | None:
    entries = obj["metadata"].get("managedFields", [])
    found = [e["fieldsV1"] for e in entries if (e["manager"], e["operation"]) == (manager, operation)]
    return found[0] if found else None


def test_the_first_apply_creates_and_owns() -> None:
    made = apply(None, config_map({"a": "1"}, labels={"x": "y"}), "me")
    assert made["data"] == {"a": "1"}
    assert made["metadata"]["managedFields"] == [
        {
            "manager": "me",
            "operation": "Apply",
            "apiVersion": "v1",
            "time": EARLY,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:a": {}}, "f:metadata": {"f:labels": {"f:x": {}}}},
        }
    ]


def test_a_field_that_is_applied_no_more_goes() -> None:
    made = apply(None, config_map({"a": "1", "b": "2"}), "me")
    assert apply(made, config_map({"a": "1"}), "me")["data"] == {"a": "1"}


def test_a_field_that_another_applier_owns_too_stays() -> None:
    made = apply(None, config_map({"a": "1"}), "me")
    both = apply(made, config_map({"a": "1", "b": "2"}), "you")
    left = apply(both, config_map({}), "me")
    assert left["data"] == {"a": "1", "b": "2"}
    assert owned(left, "me") == {"f:data": {}} or owned(left, "me") is None
    assert owned(left, "you") == {"f:data": {"f:a": {}, "f:b": {}}}


def test_a_conflict_names_the_manager_and_the_field() -> None:
    live = managed.record_update(None, config_map({"a": "1"}), "x", "v1", schema_for(kinds.CONFIG_MAP), "", EARLY)
    with pytest.raises(ApiError) as caught:
        apply(live, config_map({"a": "2"}), "me")
    assert (caught.value.code, caught.value.reason) == (409, "Conflict")
    assert caught.value.message == 'Apply failed with 1 conflict: conflict with "x" using v1: .data.a'
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "x" using v1', "field": ".data.a"}
    assert caught.value.details == {"causes": [cause]}


def test_several_conflicts_are_listed_by_manager() -> None:
    schema = schema_for(kinds.CONFIG_MAP)
    live = managed.record_update(None, config_map({"a": "1", "b": "2"}), "x", "v1", schema, "", EARLY)
    live = apply(live, config_map({"c": "3"}), "y")
    with pytest.raises(ApiError) as caught:
        apply(live, config_map({"a": "9", "b": "9", "c": "9"}), "me")
    assert caught.value.message == (
        'Apply failed with 3 conflicts: conflicts with "x" using v1:\n'
        '- .data.a\n- .data.b\nconflicts with "y":\n- .data.c'
    )


def test_force_takes_over() -> None:
    live = managed.record_update(None, config_map({"a": "1"}), "x", "v1", schema_for(kinds.CONFIG_MAP), "", EARLY)
    taken = apply(live, config_map({"a": "2"}), "me", force=True)
    assert taken["data"] == {"a": "2"}
    assert owned(taken, "me") == {"f:data": {"f:a": {}}}
    assert owned(taken, "x", "Update") == {"f:data": {}}


def test_the_same_value_is_owned_together_without_a_conflict() -> None:
    live = managed.record_update(None, config_map({"a": "1"}), "x", "v1", schema_for(kinds.CONFIG_MAP), "", EARLY)
    both = apply(live, config_map({"a": "1"}), "me")
    assert owned(both, "x", "Update") == {"f:data": {".": {}, "f:a": {}}}
    assert owned(both, "me") == {"f:data": {"f:a": {}}}


def test_an_object_without_managers_is_owned_before_the_first_apply() -> None:
    with pytest.raises(ApiError) as caught:
        apply(config_map({"a": "1"}), config_map({"a": "2"}), "me")
    assert 'conflict with "before-first-apply" using v1: .data.a' in caught.value.message


def test_the_time_stays_when_nothing_changes() -> None:
    made = apply(None, config_map({"a": "1"}), "me", now=EARLY)
    again = apply(made, config_map({"a": "1"}), "me", now=LATE)
    assert again == made and managed.only_times_differ(again, made)
    changed = apply(made, config_map({"a": "2"}), "me", now=LATE)
    assert changed["metadata"]["managedFields"][0]["time"] == LATE


def test_items_of_keyed_lists_have_owners_of_their_own() -> None:
    def account(*names: str) -> Object:
        secrets = [{"name": name} for name in names]
        return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}, "secrets": secrets}

    both = apply(apply(None, account("a", "b"), "me"), account("c"), "you")
    assert [item["name"] for item in both["secrets"]] == ["a", "b", "c"]
    left = apply(both, account("b"), "me")
    assert [item["name"] for item in left["secrets"]] == ["b", "c"]


def test_sets_have_owners_of_their_members_and_atomic_lists_do_not() -> None:
    one = apply(None, config_map(finalizers=["a/x"]), "me")
    both = apply(one, config_map(finalizers=["a/y"]), "you")
    assert both["metadata"]["finalizers"] == ["a/x", "a/y"]
    job: Object = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": "t"}}
    mine = apply(None, job | {"spec": {"trainer": {"command": ["a"]}}}, "me")
    with pytest.raises(ApiError) as caught:
        apply(mine, job | {"spec": {"trainer": {"command": ["b"]}}}, "you")
    assert caught.value.message.endswith('conflict with "me": .spec.trainer.command')


def test_status_is_owned_through_its_subresource_only() -> None:
    job: Object = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}
    made = apply(None, job | {"spec": {"parallelism": 1}, "status": {"active": 1}}, "me")
    assert owned(made, "me") == {"f:spec": {"f:parallelism": {}}}
    status = apply(made, job | {"spec": {"parallelism": 1}, "status": {"active": 1}}, "it", subresource="status")
    entry = next(e for e in status["metadata"]["managedFields"] if e["manager"] == "it")
    assert (entry["subresource"], entry["fieldsV1"]) == ("status", {"f:status": {"f:active": {}}})


LAST = "kubectl.kubernetes.io/last-applied-configuration"


def client_side(data: Object) -> Object:
    """What `kubectl apply` without --server-side makes."""
    plain = config_map(data)
    obj = config_map(data, annotations={LAST: json.dumps(plain)})
    return managed.record_update(None, obj, "kubectl-client-side-apply", "v1", schema_for(kinds.CONFIG_MAP), "", EARLY)


def test_kubectl_takes_over_what_it_applied_from_the_client_side() -> None:
    moved = apply(client_side({"a": "1", "b": "2"}), config_map({"a": "9"}), "kubectl")
    assert moved["data"] == {"a": "9", "b": "2"}
    assert owned(moved, "kubectl") == {"f:data": {"f:a": {}}}
    last = json.loads(moved["metadata"]["annotations"][LAST])
    assert last["data"] == {"a": "9"}
    assert moved["metadata"]["annotations"][LAST].endswith("\n")


def test_other_managers_do_not() -> None:
    with pytest.raises(ApiError) as caught:
        apply(client_side({"a": "1"}), config_map({"a": "9"}), "me")
    assert '"kubectl-client-side-apply"' in caught.value.message


def test_kubectl_does_not_take_what_was_changed_since() -> None:
    live = client_side({"a": "1"})
    changed = json.loads(json.dumps(live)) | {"data": {"a": "5"}}
    managed.record_update(live, changed, "editor", "v1", schema_for(kinds.CONFIG_MAP), "", LATE)
    with pytest.raises(ApiError) as caught:
        apply(changed, config_map({"a": "9"}), "kubectl")
    assert 'conflict with "editor" using v1: .data.a' in caught.value.message


@pytest.mark.parametrize("annotation", ["", "{", "[]", '{"apiVersion":"v2"}', '{"apiVersion":"v1","data":[1]}'])
def test_an_annotation_that_is_no_configuration_takes_nothing_over(annotation: str) -> None:
    live = client_side({"a": "1"})
    live["metadata"]["annotations"][LAST] = annotation
    with pytest.raises(ApiError) as caught:
        apply(live, config_map({"a": "9"}), "kubectl")
    assert caught.value.code == 409


@pytest.mark.parametrize(
    ("applied", "code", "message"),
    [
        (config_map() | {"apiVersion": "v2"}, 400, "invalid object type: /v2, Kind=ConfigMap"),
        (config_map() | {"kind": "Pod"}, 400, "invalid object type: /v1, Kind=Pod"),
        (config_map(managedFields=[]), 400, "metadata.managedFields must be nil"),
        (config_map() | {"nope": 1}, 500, ".nope: field not declared in schema"),
        (config_map({"a": 1}), 500, ".data.a: expected string, got &value.valueUnstructured{Value:1}"),
        (config_map() | {"data": "x"}, 500, ".data: expected map, got &{x}"),
        (config_map(finalizers=["a/b", "a/b"]), 500, '.metadata.finalizers: duplicate entries for key [="a/b"]'),
        (config_map(finalizers=[["a"]]), 500, "not supported: associative list with lists as elements"),
        (config_map(finalizers="x"), 500, ".metadata.finalizers: expected list, got &{x}"),
    ],
)
def test_what_is_refused(applied: Object, code: int, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        managed.apply(None, applied, "me", "v1", False, schema_for(kinds.CONFIG_MAP), "", EARLY)
    assert caught.value.code == code
    assert message in caught.value.message


# An empty map that is applied counts as a change each time, since it is not stored: the API server does the same.
_DATA = st.none() | st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), min_size=1)
_LABELS = st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"), min_size=1)
_METADATA: st.SearchStrategy[Object] = st.one_of(st.just({}), st.builds(dict, labels=_LABELS))
_CONFIGS = st.builds(lambda data, metadata: config_map(data, **metadata), _DATA, _METADATA)


def stored(obj: Object) -> Object:
    schema_for(kinds.CONFIG_MAP).default(obj)
    return obj


@given(st.lists(st.tuples(_CONFIGS, st.sampled_from(["a", "b"])), min_size=1, max_size=4))
def test_laws_of_apply(steps: list[tuple[Object, str]]) -> None:
    live: Object | None = None
    for applied, manager in steps:
        live = stored(apply(live, applied, manager, force=True))
        assert live.get("data", {}).items() >= applied.get("data", {}).items(), "what is applied with force is there"
        again = stored(apply(live, applied, manager, now=LATE))
        assert managed.only_times_differ(again, live), "applying again changes nothing and needs no force"
    assert live is not None
    everybody = {key for e in live["metadata"].get("managedFields", []) for key in e["fieldsV1"].get("f:data", {})}
    assert {f"f:{key}" for key in live.get("data", {})} <= everybody, "every field has an owner"


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.kind)
def test_every_kind_can_be_applied(kind: Kind) -> None:
    obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x", "labels": {"a": "b"}}}
    assert owned(apply(None, obj, "me"), "me") == {"f:metadata": {"f:labels": {"f:a": {}}}}
