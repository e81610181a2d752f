"""The three kinds of patch, and the wrong ones."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o


def _merge(path: str, body: Any, expect: int = 200) -> Http:
    return Http("PATCH", path, body, content_type=o.MERGE, expect=expect)


def _json(path: str, body: Any, expect: int = 200) -> Http:
    return Http("PATCH", path, body, content_type=o.JSON_PATCH, expect=expect)


def _strategic(path: str, body: Any, expect: int = 200) -> Http:
    return Http("PATCH", path, body, content_type=o.STRATEGIC, expect=expect)


_A = f"{o.CONFIG_MAPS}/a"
_P = f"{o.PODS}/p"
_T = f"{o.TRAIN_JOBS}/t"
_ENV = {"trainer": {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}}

CASES = (
    Case(
        "patch-merge",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", {"a": "1", "b": "2"}), expect=201),
            _merge(_A, {"data": {"b": None, "c": "3"}}),
            _merge(_A, {"data": {"nothing": None}}),
            _merge(_A, {"metadata": {"annotations": {"x": "y"}, "labels": {"l": "m"}}}),
            _merge(_A, {"data": None}),
            _merge(_A, {}),
            _merge(_A, {"metadata": {"name": "other"}}, 400),
            _merge(_A, {"metadata": {"namespace": "other"}}, 400),
            _merge(_A, {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}, 422),
            _merge(_A, {"metadata": {"resourceVersion": "1"}}, 409),
            _merge(_A, {"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}}),
            _merge(_A, {"kind": "Secret"}, 422),
            _merge(_A, {"apiVersion": "v2"}, 422),
            _merge(_A, {"data": {"a": 1}}, 422),
            _merge(_A, {"data": []}, 422),
            _merge(_A, [], 400),
            _merge(_A, "{", 400),
            _merge(_A, '"text"', 400),
            _merge(f"{o.CONFIG_MAPS}/nothing", {"data": {"a": "1"}}, 404),
        ),
    ),
    Case(
        "patch-json",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", {"a": "1", "b": "2"}), expect=201),
            _json(_A, [{"op": "add", "path": "/data/c", "value": "3"}]),
            _json(_A, [{"op": "replace", "path": "/data/c", "value": "4"}]),
            _json(_A, [{"op": "test", "path": "/data/c", "value": "4"}, {"op": "remove", "path": "/data/c"}]),
            _json(_A, [{"op": "copy", "from": "/data/a", "path": "/data/d"}]),
            _json(_A, [{"op": "move", "from": "/data/d", "path": "/data/e"}]),
            _json(_A, [{"op": "add", "path": "/metadata/labels", "value": {"a~b/c": "x"}}], 422),
            _json(_A, [{"op": "add", "path": "/metadata/annotations", "value": {"ab/c": "x"}}]),
            _json(_A, [{"op": "remove", "path": "/metadata/annotations/ab~1c"}]),
            _json(_A, []),
            _json(_A, [{"op": "test", "path": "/data/a", "value": "9"}], 422),
            _json(_A, [{"op": "remove", "path": "/data/nothing"}], 422),
            _json(_A, [{"op": "replace", "path": "/nothing/here", "value": 1}], 422),
            _json(_A, [{"op": "nothing", "path": "/data/a"}], 422),
            _json(_A, [{"op": "replace", "path": "/data/a", "value": 5}], 422),
            _json(_A, {"op": "remove"}, 400),
            _json(_A, "[", 400),
            _json(f"{o.CONFIG_MAPS}/nothing", [], 404),
        ),
    ),
    Case(
        "patch-strategic",
        (
            Http("POST", o.PODS, o.pod("p", labels={"a": "1", "b": "2"}), expect=201),
            _strategic(_P, {"metadata": {"labels": {"a": None, "c": "3"}}}),
            _strategic(_P, {"spec": {"containers": [{"name": "main", "image": "python:3.12"}]}}),
            _strategic(_P, {"metadata": {"labels": {"$patch": "replace", "only": "this"}}}),
            _strategic(_P, {"spec": {"tolerations": [{"key": "k", "operator": "Exists"}]}}),
            _strategic(_P, {"metadata": {"finalizers": ["example.com/a"]}}),
            _strategic(_P, {"metadata": {"finalizers": ["example.com/b"]}}),
            _strategic(_P, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}),
            _strategic(_P, {"metadata": {"finalizers": None}}),
            _strategic(_P, {"spec": {"containers": [{"image": "x"}]}}, 500),
            _strategic(_P, {"spec": {"containers": [{"name": "other", "image": "x"}]}}, 422),
            _strategic(_P, {"spec": {"containers": [{"$patch": "delete", "name": "main"}]}}, 422),
            _strategic(_P, {"spec": {"containers": {"name": "main"}}}, 422),
            _strategic(_P, {"metadata": {"labels": {"$patch": "nonsense"}}}, 500),
            _strategic(_P, {"metadata": {"annotations": {"n": 1}}}, 422),
        ),
    ),
    Case(
        "patch-strategic-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t"), expect=201),
            _strategic(_T, {"spec": {"suspend": True}}, 415),
            Kubectl('patch trainjob t --type=strategic -p \'{"spec":{"suspend":true}}\'', expect=1),
            Http("PATCH", _T, {}, content_type="application/json", expect=415),
            Http("PATCH", _T, {}, content_type="text/plain", expect=415),
            Http("PATCH", f"{o.CONFIG_MAPS}/a", {}, content_type="application/json", expect=415),
        ),
        needs_crds=True,
    ),
    Case(
        "patch-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t", _ENV), expect=201),
            _merge(_T, {"spec": {"suspend": True}}),
            _merge(_T, {"spec": {"trainer": {"env": [{"name": "C", "value": "3"}]}}}),
            _merge(_T, {"spec": {"suspend": None}}),
            _merge(_T, {"spec": {"suspend": "yes"}}, 422),
            _merge(_T, {"spec": {"runtimeRef": {"name": "other"}}}, 422),
            _merge(_T, {"spec": {"runtimeRef": None}}, 422),
            _merge(_T, {"spec": None}),
            _merge(_T, {"nothing": {"here": 1}}),
            _json(_T, [{"op": "add", "path": "/spec/labels", "value": {"x": "y"}}], 422),
            _json(_T, [{"op": "add", "path": "/spec/trainer/env/-", "value": {"name": "D"}}], 422),
            _json(_T, [{"op": "add", "path": "/spec/numbers", "value": 1}], 422),
            _merge(_T, {"spec": {"runtimeRef": {"name": "back"}}}),
            _json(_T, [{"op": "add", "path": "/spec/labels", "value": {"x": "y"}}]),
            _json(_T, [{"op": "add", "path": "/spec/numbers", "value": 1}]),
        ),
        needs_crds=True,
    ),
    Case(
        "patch-kubectl",
        (
            Kubectl("create -f -", stdin=[o.config_map("a"), o.pod("p")]),
            Kubectl('patch cm a -p \'{"data":{"x":"y"}}\''),
            Kubectl('patch cm a -p \'{"data":{"x":"y"}}\''),
            Kubectl('patch cm a --type=merge -p \'{"data":{"x":null}}\' -o yaml --show-managed-fields'),
            Kubectl('patch cm a --type=json -p \'[{"op":"remove","path":"/data/a"}]\''),
            Kubectl('patch cm a --type=json -p \'[{"op":"remove","path":"/data/a"}]\'', expect=1),
            Kubectl('patch pod p -p \'{"spec":{"activeDeadlineSeconds":5}}\''),
            Kubectl('patch pod p -p \'{"spec":{"restartPolicy":"Never"}}\'', expect=1),
            Kubectl('patch cm a --dry-run=server -p \'{"data":{"dry":"run"}}\' -o yaml'),
            Kubectl("get cm a -o yaml"),
            Kubectl("patch cm nothing -p '{}'", expect=1),
            Kubectl('patch cm a -p \'{"data":{"x":5}}\'', expect=1),
        ),
    ),
)
