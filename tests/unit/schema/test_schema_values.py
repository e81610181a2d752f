"""Unknown fields, defaults, nulls, and the causes of what does not fit, on small schemas.

Real kinds are compared with a kube-apiserver in tests/unit/recorded.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded import kinds
from minikf.embedded.schema import schema_for
from minikf.embedded.schema.causes import causes
from minikf.embedded.schema.defaulting import drop_nulls, set_defaults
from minikf.embedded.schema.lists import duplicates
from minikf.embedded.schema.node import Node, Pool
from minikf.embedded.schema.normal import normalize
from minikf.embedded.schema.quick import QuickCheck
from minikf.embedded.schema.unknown import unknown_fields
from minikf.embedded.status import ApiError

Object = dict[str, Any]
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def node(data: Object) -> Node:
    return Pool({}).node(data)


def fields(**properties: Any) -> Object:
    return {"type": "object", "properties": properties}


def listed(items: Object, **more: Any) -> Object:
    return {"type": "array", "items": items} | more


def test_unknown_fields_are_told_and_pruned_wherever_they_are() -> None:
    root = node(fields(a=fields(b=TEXT), c=listed(fields(d=TEXT)), e={"type": "object", "additionalProperties": TEXT}))
    obj = {"a": {"b": "x", "z": 1}, "c": [{"d": "x"}, {"y": {"deep": 1}}], "e": {"free": "x"}, "w": None}
    before = json.dumps(obj)
    names = ["a.z", "c[1].y", "w"]
    assert unknown_fields(obj, root, prune=False) == names and json.dumps(obj) == before
    assert unknown_fields(obj, root, prune=True) == names
    assert obj == {"a": {"b": "x"}, "c": [{"d": "x"}, {}], "e": {"free": "x"}}
    assert unknown_fields(obj, root, prune=True) == []


def test_free_objects_keep_unknown_fields_but_known_ones_are_checked() -> None:
    free = fields(known=fields(a=TEXT)) | {"x-kubernetes-preserve-unknown-fields": True}
    obj = {"other": {"x": 1}, "known": {"a": "x", "b": 1}}
    assert unknown_fields(obj, node(free), prune=True) == ["known.b"]
    assert obj == {"other": {"x": 1}, "known": {"a": "x"}}


def test_embedded_objects_keep_their_kind_and_metadata() -> None:
    embedded = fields(spec=TEXT) | {"x-kubernetes-embedded-resource": True}
    obj = {"apiVersion": "v1", "kind": "X", "metadata": {"labels": {}}, "spec": "x", "z": 1}
    assert unknown_fields(obj, node(embedded), prune=True) == ["z"]


def test_defaults_are_filled_in_from_the_outside_in() -> None:
    inner = fields(c={"type": "string", "default": "deep"})
    root = node(fields(a=inner | {"default": {"b": 1}}, list=listed(inner), map={"additionalProperties": inner}))
    obj: Object = {"list": [{}, {"c": "own"}], "map": {"k": {}}}
    set_defaults(obj, root)
    assert obj == {
        "list": [{"c": "deep"}, {"c": "own"}],
        "map": {"k": {"c": "deep"}},
        "a": {"b": 1, "c": "deep"},
    }


def test_a_default_is_never_shared_by_two_objects() -> None:
    root = node(fields(a={"type": "object", "default": {"list": []}}))
    one: Object = {}
    two: Object = {}
    set_defaults(one, root)
    set_defaults(two, root)
    one["a"]["list"].append(1)
    assert two == {"a": {"list": []}}


def test_nulls_count_as_absent_unless_they_are_allowed() -> None:
    nullable = TEXT | {"nullable": True}
    root = node(
        fields(a=TEXT | {"default": "x"}, b=nullable, c={"additionalProperties": TEXT}, d=listed(fields(a=TEXT)))
    )
    obj = {"a": None, "b": None, "c": {"k": None, "l": "x"}, "d": [{"a": None}]}
    drop_nulls(obj, root)
    set_defaults(obj, root)
    assert obj == {"a": "x", "b": None, "c": {"l": "x"}, "d": [{}]}


def test_core_objects_take_the_form_that_go_leaves() -> None:
    quantity, text_map = {"format": "quantity"}, {"type": "object", "additionalProperties": TEXT}
    root = node(fields(q=quantity, m=text_map, l=listed(TEXT), b=TEXT | {"format": "byte"}, s=fields(a=TEXT)))
    obj = {"q": "1000m", "m": {"a": None}, "l": ["x", None], "b": "eA\n==", "s": {}}
    normalize(obj, root)
    assert obj == {"q": "1", "m": {"a": ""}, "l": ["x", ""], "b": "eA==", "s": {}}
    empty: Object = {"q": None, "m": {}, "l": []}
    normalize(empty, root)
    assert empty == {}


def test_repeated_items_are_told_once() -> None:
    keyed = listed(fields(k=TEXT, v=NUMBER), **{"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]})
    root = node(fields(keyed=keyed, set=listed(NUMBER, **{"x-kubernetes-list-type": "set"}), free=listed(NUMBER)))
    obj = {"keyed": [{"k": "a", "v": 1}, {"k": "a", "v": 2}, {"k": "a"}], "set": [1, 2, 1], "free": [1, 1]}
    found = [(cause.field, cause.reason, cause.message) for cause in duplicates(obj, root)]
    assert found == [
        ("keyed[1]", "FieldValueDuplicate", 'Duplicate value: {"k":"a"}'),
        ("set[2]", "FieldValueDuplicate", "Duplicate value: 1"),
    ]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        (NUMBER, "x", 'Invalid value: "string": a in body must be of type integer: "string"'),
        (NUMBER, 1.5, 'Invalid value: "number": a in body must be of type integer: "number"'),
        (TEXT, None, 'Invalid value: "null": a in body must be of type string: "null"'),
        (TEXT | {"enum": ["x", "y"]}, "z", 'Unsupported value: "z": supported values: "x", "y"'),
        (TEXT | {"maxLength": 2}, "abc", "Too long: may not be more than 2 bytes"),
        (TEXT | {"minLength": 2}, "é", 'Invalid value: "é": a in body should be at least 2 chars long'),
        (TEXT | {"pattern": "^a$"}, "a\n", "Invalid value: \"a\\n\": a in body should match '^a$'"),
        (NUMBER | {"minimum": 1}, 0, "Invalid value: 0: a in body should be greater than or equal to 1"),
        (NUMBER | {"maximum": 1, "exclusiveMaximum": True}, 1, "Invalid value: 1: a in body should be less than 1"),
        (NUMBER | {"multipleOf": 3}, 4, "Invalid value: 4: a in body should be a multiple of 3"),
        (listed(TEXT, minItems=1), [], "Invalid value: 0: a in body should have at least 1 items"),
        (listed(TEXT, maxItems=1), ["x", "y"], "Too many: 2: must have at most 1 item"),
        ({"type": "object", "minProperties": 1}, {}, "Invalid value: 0: a in body should have at least 1 properties"),
        ({"type": "object", "maxProperties": 1}, {"x": 1, "y": 1}, "Too many: 2: must have at most 1 item"),
    ],
)
def test_causes(schema: Object, value: Any, message: str) -> None:
    (cause,) = causes({"a": value}, node(fields(a=schema)))
    assert (cause.field, cause.message) == ("a", message)


def test_required_fields_are_told_by_their_path() -> None:
    (cause,) = causes({"a": [{}]}, node(fields(a=listed(fields(b=TEXT) | {"required": ["b"]}))))
    assert (cause.field, cause.reason, cause.message) == ("a[0].b", "FieldValueRequired", "Required value")


_SCALARS = st.one_of(
    st.just(TEXT),
    st.just(NUMBER),
    st.builds(lambda low: NUMBER | {"minimum": low}, st.integers(-2, 2)),
    st.builds(lambda high: NUMBER | {"maximum": high, "exclusiveMaximum": True}, st.integers(-2, 2)),
    st.builds(lambda length: TEXT | {"minLength": length, "maxLength": length + 1}, st.integers(0, 2)),
    st.builds(lambda pattern: TEXT | {"pattern": pattern}, st.sampled_from(["^a*$", "b", "^[ab]{2}$"])),
    st.builds(lambda values: TEXT | {"enum": values}, st.lists(st.sampled_from("ab"), min_size=1)),
    st.just({"x-kubernetes-int-or-string": True, "anyOf": [NUMBER, TEXT]}),
    st.just({"type": "boolean", "nullable": True}),
    st.just({"type": "number", "multipleOf": 2}),
    st.just({"x-kubernetes-preserve-unknown-fields": True}),
    st.just({"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object"}),
    st.just({"not": {"required": ["a"]}, "type": "object"}),
)


def _schemas(inner: st.SearchStrategy[Object]) -> st.SearchStrategy[Object]:
    properties = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    required = st.lists(st.sampled_from("abc"), unique=True, max_size=2)
    return st.one_of(
        st.builds(lambda p, r: {"type": "object", "properties": p, "required": r}, properties, required),
        st.builds(lambda i, n: listed(i, minItems=n, maxItems=n + 1), inner, st.integers(0, 1)),
        st.builds(lambda v: {"type": "object", "additionalProperties": v, "maxProperties": 2}, inner),
    )


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 2.0]), st.text("ab", max_size=3)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)


@given(st.recursive(_SCALARS, _schemas, max_leaves=5), _VALUES)
def test_the_quick_check_and_the_slow_one_agree(schema: Object, value: Any) -> None:
    root = fields(v=schema)
    obj = {"v": value}
    assert QuickCheck(root, {}, decoding=False).is_valid(obj) is (causes(obj, node(root)) == [])


@given(st.recursive(_SCALARS, _schemas, max_leaves=5), _VALUES)
def test_pruning_and_dropping_are_done_after_one_time(schema: Object, value: Any) -> None:
    root = node(fields(v=schema))
    obj = {"v": value}
    unknown_fields(obj, root, prune=True)
    drop_nulls(obj, root)
    once = json.dumps(obj)
    assert unknown_fields(obj, root, prune=True) == []
    drop_nulls(obj, root)
    assert json.dumps(obj) == once


def test_an_update_may_keep_what_is_wrong_already() -> None:
    kind = kinds.of("trainer.kubeflow.org/v1alpha1", "TrainJob")
    assert kind is not None
    schema = schema_for(kind)

    def job(**spec: Any) -> Object:
        return {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": "t"},
            "spec": {"runtimeRef": {"name": "r"}} | spec,
        }

    wrong = job(trainer={"numNodes": "2"})
    assert schema.validate(wrong)[0].field == "spec.trainer.numNodes"
    assert schema.validate(wrong | {"metadata": {"name": "t", "labels": {"a": "b"}}}, wrong) == []
    assert schema.validate(job(trainer={"numNodes": "3"}, suspend="x"), wrong)[0].field == "spec.suspend"


def test_custom_objects_are_decoded_but_for_their_metadata() -> None:
    kind = kinds.of("trainer.kubeflow.org/v1alpha1", "TrainJob")
    assert kind is not None
    obj: Object = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "t"}, "spec": 7}
    assert schema_for(kind).unknown_fields(obj, True) == []
    with pytest.raises(ApiError) as caught:
        schema_for(kind).unknown_fields(obj | {"metadata": {"labels": {"a": 1}}}, True)
    assert caught.value.code == 400
