"""Objects in every state that a rule tells apart, and with statuses that no controller should ever write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikf.promote.gitops.health import HealthRule

Object = dict[str, Any]
_WORDS = ("True", "False", "Unknown")


def objects(rule: HealthRule) -> Iterator[Object]:
    yield _object(rule)
    for status in (*_said(rule), *_hostile(rule)):
        yield _object(rule, status=status)
    well = {"conditions": [_condition(rule.ready, "True")]}
    yield _object(rule, status={**well, "observedGeneration": 1})  # of the generation before
    yield _object(rule, status={**well, "observedGeneration": 2})
    yield _object(rule, status=well, deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["lab/keep"])
    if rule.stopped:
        for status in ({}, well, {"conditions": [_condition(rule.ready, "False")]}):
            yield _object(rule, status=status, annotations={rule.stopped: "2026-01-01T00:00:00Z"})
        yield _object(rule, annotations={rule.stopped: ""})
        yield _object(rule, status=well, annotations={"other": "x"})


def _said(rule: HealthRule) -> Iterator[Object]:
    yield {}
    yield {"conditions": []}
    yield {"conditions": [_condition("Created", "True"), _condition("Running", "True")]}
    for word in _WORDS:
        yield {"conditions": [_condition(rule.ready, word)]}
        if rule.failed:
            yield {"conditions": [_condition(rule.failed, word)]}
            for other in _WORDS:
                yield {"conditions": [_condition(rule.ready, other), _condition(rule.failed, word)]}
    if rule.stuck:
        for value in (*rule.stuck.values, "UpToDate", "InProgress"):
            for word in _WORDS:
                block = {rule.stuck.block: {rule.stuck.field: value}}
                yield {"conditions": [_condition(rule.ready, word)], **block}


def _hostile(rule: HealthRule) -> Iterator[Any]:
    well = _condition(rule.ready, "True")
    yield from (None, "True", 7, [well], {"conditions": None}, {"conditions": "True"}, {"conditions": well})
    yield from ({"conditions": [None, 1, "x", [], {}, well]}, {"conditions": [{"status": "True"}]})
    yield from ({"conditions": [{"type": rule.ready}]}, {"conditions": [{"type": rule.ready, "status": True}]})
    yield {"conditions": [{"type": {"a": 1}, "status": "True"}, {"type": 4, "status": "True"}]}
    yield {"conditions": [{"type": rule.ready, "status": ["True"], "reason": 5, "message": {"a": "b"}}]}
    yield {"conditions": [{**well, "reason": 5, "message": ["a"]}]}
    yield {"conditions": [_condition(rule.ready, "False"), well]}  # the first one counts
    yield {"conditions": [well, _condition(rule.ready, "False")]}
    yield {"conditions": [well], "observedGeneration": "first"}
    yield {"conditions": [well], "observedGeneration": None}
    yield {"conditions": [well], "observedGeneration": [2]}
    if rule.stuck:
        for block in (None, "BlockedByFailedLoad", ["BlockedByFailedLoad"], {rule.stuck.field: 3}, {}):
            yield {"conditions": [well], rule.stuck.block: block}


def _condition(kind: str, status: str) -> Object:
    return {"type": kind, "status": status, "reason": "Because", "message": "of this"}


def _object(rule: HealthRule, status: Any = ..., **meta: Any) -> Object:
    found = {
        "apiVersion": f"{rule.group}/v1",
        "kind": rule.kind,
        "metadata": {"name": "x", "namespace": "team", "generation": 2, **meta},
        "spec": {},
    }
    return found if status is ... else {**found, "status": status}
