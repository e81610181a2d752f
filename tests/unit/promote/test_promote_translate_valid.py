"""Translated objects against the upstream schemas, strictly: fields that a kind has, of their types."""

from __future__ import annotations

import copy

import pytest

from minikf.embedded.kinds import KINDS, Kind
from minikf.embedded.schema import schema_for
from minikf.embedded.validation import validate_object
from minikf.promote.model import Object, group_of
from tests.unit.promote.profiles_of_clouds import CLOUDS
from tests.unit.promote.test_promote_translate_golden import translated


def kind_of(obj: Object) -> Kind:
    return next(one for one in KINDS if (one.group, one.kind) == (group_of(obj), obj["kind"]))


def unknown(obj: Object) -> list[str]:
    return schema_for(kind_of(obj)).unknown_fields(copy.deepcopy(obj), prune=False)


def invalid(given: Object) -> list[str]:
    obj, kind = copy.deepcopy(given), kind_of(given)
    schema_for(kind).default(obj)
    return [str(one) for one in (*schema_for(kind).validate(obj), *validate_object(kind, obj))]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_translation_makes_valid_objects_for(cloud: str) -> None:
    objects = translated(cloud).objects
    trials = [one["spec"]["trialTemplate"]["trialSpec"] for one in objects if one["kind"] == "Experiment"]
    named = [one | {"metadata": {"name": "trial", "namespace": "prod"}} for one in trials]
    assert trials
    assert [line for obj in (*objects, *named) for line in unknown(obj)] == []
    assert [line for obj in objects for line in invalid(obj)] == []
