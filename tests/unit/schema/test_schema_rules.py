"""CEL rules: where they run, what `oldSelf` is, what they say. Rules of real CRDs are in tests/unit/recorded."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded import cel, kinds
from minikf.embedded.schema import schema_for
from minikf.embedded.schema.node import Node, Pool
from minikf.embedded.schema.rules import broken_rules
from minikf.embedded.status import Cause

Object = dict[str, Any]


def node(spec: Object) -> Node:
    """A kind whose field `spec` has this schema."""
    metadata = {"type": "object", "properties": {"name": {"type": "string"}}}
    return Pool({}).node({"type": "object", "properties": {"metadata": metadata, "spec": spec}})


def broken(schema: Object, new: Any, *old: Any) -> list[tuple[str, str]]:
    """(path, message) of the rules of `spec` that do not hold."""
    before = {"metadata": {"name": "x"}, "spec": old[0]} if old else None
    found = broken_rules({"metadata": {"name": "x"}, "spec": new}, before, node(schema))
    assert all(cause.reason == "FieldValueInvalid" for cause in found)
    return [(cause.field, cause.message) for cause in found]


def rule(text: str, **more: Any) -> Object:
    return {"x-kubernetes-validations": [{"rule": text} | more]}


SMALL = {"type": "integer"} | rule("self < 10", message="too big")
FIXED = {"type": "string"} | rule("self == oldSelf", message="is fixed")
TOO_BIG = 'Invalid value: "integer": too big'
IS_FIXED = 'Invalid value: "string": is fixed'


def test_rules_run_at_any_depth() -> None:
    deep = {
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"type": "object", "additionalProperties": SMALL}}},
    }
    assert broken(deep, {"list": [{"a": 1}, {"b": 11, "c": 9}]}) == [("spec.list[1][b]", TOO_BIG)]
    assert broken(deep, {"list": [{"a": 1}]}) == []


def test_an_absent_or_null_value_is_not_checked() -> None:
    schema = {"type": "object", "properties": {"n": SMALL | {"nullable": True}}}
    assert broken(schema, {}) == broken(schema, {"n": None}) == []


def test_transition_rules_run_only_on_updates_of_what_was_there() -> None:
    schema = {"type": "object", "properties": {"id": FIXED}}
    assert broken(schema, {"id": "a"}) == []
    assert broken(schema, {"id": "a"}, {}) == []
    assert broken(schema, {}, {"id": "a"}) == []
    assert broken(schema, {"id": "a"}, {"id": "a"}) == []
    assert broken(schema, {"id": "b"}, {"id": "a"}) == [("spec.id", IS_FIXED)]


def test_items_of_keyed_lists_meet_their_old_selves() -> None:
    item = {"type": "object", "properties": {"name": {"type": "string"}, "id": FIXED}}
    keyed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": item}
    old = [{"name": "a", "id": "1"}, {"name": "b", "id": "2"}]
    assert broken(keyed, old[::-1], old) == []
    assert broken(keyed, [{"name": "b", "id": "9"}, {"name": "c", "id": "9"}], old) == [("spec[0].id", IS_FIXED)]
    plain = {"type": "array", "items": item}
    assert broken(plain, [{"name": "a", "id": "9"}], old) == []


def test_values_of_maps_meet_their_old_selves() -> None:
    schema = {"type": "object", "additionalProperties": FIXED}
    assert broken(schema, {"a": "2", "b": "2"}, {"a": "1"}) == [("spec[a]", IS_FIXED)]


def test_what_stays_as_it_was_is_not_checked_again() -> None:
    schema = {"type": "object", "properties": {"n": SMALL, "m": SMALL}}
    assert broken(schema, {"n": 20, "m": 1}, {"n": 20}) == []
    assert broken(schema, {"n": 21}, {"n": 20}) == [("spec.n", TOO_BIG)]


def test_a_rule_may_compare_old_and_new() -> None:
    schema = {"type": "integer"} | rule("self >= oldSelf", message="may only grow")
    assert broken(schema, 3, 2) == []
    assert broken(schema, 1, 2) == [("spec", 'Invalid value: "integer": may only grow')]
    assert broken(schema, 1) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "failed rule: self.n < 2"),
        ({"message": " too many \n"}, "too many"),
        ({"messageExpression": "'n is ' + string(self.n)"}, "n is 5"),
        ({"messageExpression": "'n is ' + string(self.n)", "message": "many"}, "n is 5"),
        ({"messageExpression": "''", "message": "many"}, "many"),
        ({"messageExpression": "'a\\nb'"}, "failed rule: self.n < 2"),
        ({"messageExpression": "string(self.absent)", "message": "many"}, "many"),
    ],
)
def test_messages(more: Object, message: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}} | rule("self.n < 2", **more)
    assert broken(schema, {"n": 5}) == [("spec", f'Invalid value: "object": {message}')]


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"reason": "FieldValueForbidden"}, Cause("spec", "FieldValueForbidden", "Forbidden: no")),
        ({"reason": "FieldValueRequired"}, Cause("spec", "FieldValueRequired", "Required value: no")),
        ({"reason": "FieldValueDuplicate"}, Cause("spec", "FieldValueDuplicate", 'Duplicate value: "object"')),
        ({"fieldPath": ".n"}, Cause("spec.n", "FieldValueInvalid", 'Invalid value: "object": no')),
    ],
)
def test_reasons_and_paths(more: Object, cause: Cause) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}} | rule("false", message="no", **more)
    assert broken_rules({"metadata": {}, "spec": {"n": 1}}, None, node(schema)) == [cause]


def test_rules_of_the_root_see_the_name_of_the_metadata_only() -> None:
    data = {"type": "object", "properties": {"metadata": {"type": "object"}, "spec": {"type": "object"}}}
    root = Pool({}).node(data | rule("!has(self.metadata.labels) && self.metadata.name == 'x'", message="no"))
    assert broken_rules({"metadata": {"name": "x", "labels": {"a": "b"}}}, None, root) == []
    assert broken_rules({"metadata": {"name": "y"}}, None, root)[0].field == "<nil>"


def test_a_rule_that_cannot_be_evaluated_is_broken() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}} | rule("self.m == 1", message="m is 1")
    ((path, message),) = broken(schema, {"n": 1})
    assert path == "spec" and message.endswith("evaluating rule: m is 1")


def test_every_broken_rule_is_told() -> None:
    rules = [{"rule": "self > 1", "message": "one"}, {"rule": "self > 0"}, {"rule": "self > 2", "message": "two"}]
    found = broken({"type": "integer", "x-kubernetes-validations": rules}, 1)
    assert [message for _, message in found] == ['Invalid value: "integer": one', 'Invalid value: "integer": two']


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        ("self.a.matches('^a+$')", {"self": {"a": "aaa"}}, True),
        ("self.a.matches('^a+$')", {"self": {"a": "ab"}}, False),
        ("self.a.b.matches('x')", {"self": {"a": {"b": "_x_"}}}, True),
        ("self.exists(x, x == 2) && self.all(x, x > 0)", {"self": [1, 2]}, True),
        ("size(self) == 2", {"self": "a1"}, True),
        ("self.map(x, x * 2)", {"self": [1, 2]}, [2, 4]),
        ("has(self.a) ? self.a : 'no'", {"self": {}}, "no"),
        ("self in ['a', 'b']", {"self": "b"}, True),
    ],
)
def test_expressions(text: str, variables: Object, value: Any) -> None:
    assert cel.compiled(text).value(variables) == value


@pytest.mark.parametrize("text", ["self.a.matches('x')", "self.a > 1", "self.a.b == 1"])
def test_expressions_that_fail(text: str) -> None:
    with pytest.raises(cel.CelError):
        cel.compiled(text).value({"self": {}})


def test_an_expression_that_is_none() -> None:
    with pytest.raises(cel.CelError):
        cel.compiled("self +").value({"self": 1})


def test_an_expression_is_compiled_once() -> None:
    assert cel.compiled("self == 1") is cel.compiled("self == 1")


def test_rules_are_not_checked_where_they_might_meet_values_that_they_were_not_written_for() -> None:
    kind = kinds.of("trainer.kubeflow.org/v1alpha1", "TrainJob")
    assert kind is not None
    obj: Object = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": "t"},
        "spec": {"runtimeRef": {"name": 7}, "managedBy": "example.com/x"},
    }
    *found, last = schema_for(kind).validate(obj)
    assert [cause.field for cause in found] == ["spec.runtimeRef.name"]
    assert last.field == "<nil>" and "some validation rules were not checked" in last.message
    obj["spec"]["runtimeRef"]["name"] = "r"
    assert [cause.field for cause in schema_for(kind).validate(obj)] == ["spec.managedBy"]
