"""Server-side apply, raw: who owns what, who may change it, and what goes when it is no longer applied."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http
from . import objects as o


def _apply(path: str, body: Any, manager: str, expect: int = 200, force: bool = False) -> Http:
    query = f"fieldManager={manager}" + ("&force=true" if force else "")
    return Http("PATCH", f"{path}?{query}", body, content_type=o.APPLY, expect=expect)


_A = f"{o.CONFIG_MAPS}/a"
_P = f"{o.PODS}/p"
_T = f"{o.TRAIN_JOBS}/t"
_I = f"{o.INFERENCE_SERVICES}/i"


def _env(*names: str) -> o.Object:
    return o.train_job("t", {"trainer": {"env": [{"name": name, "value": f"is {name}"} for name in names]}})


CASES = (
    Case(
        "apply-configmap",
        (
            _apply(_A, o.config_map("a", {"a": "1", "b": "2"}), "one", 201),
            _apply(_A, o.config_map("a", {"a": "1", "b": "2"}), "one"),
            _apply(_A, o.config_map("a", {"a": "1", "c": "3"}), "one"),
            _apply(_A, o.config_map("a", {"a": "1"}), "two"),
            _apply(_A, o.config_map("a", {"a": "9"}), "two", 409),
            _apply(_A, o.config_map("a", {"a": "9", "c": "9"}, labels={"x": "y"}), "two", 409),
            _apply(_A, o.config_map("a", {"a": "9"}), "two", force=True),
            _apply(_A, o.config_map("a", {"c": "3"}), "one"),
            _apply(_A, o.config_map("a", {}), "two"),
            Http("GET", _A),
            _apply(_A, {"apiVersion": "v1", "kind": "ConfigMap"}, "one"),
        ),
    ),
    Case(
        "apply-over-update",
        (
            Http("POST", f"{o.CONFIG_MAPS}?fieldManager=maker", o.config_map("a", {"a": "1", "b": "2"}), expect=201),
            _apply(_A, o.config_map("a", {"a": "1"}), "applier"),
            _apply(_A, o.config_map("a", {"a": "2"}), "applier", 409),
            _apply(_A, o.config_map("a", {"a": "2"}), "applier", force=True),
            Http("PATCH", f"{_A}?fieldManager=maker", {"data": {"a": "3"}}, content_type=o.MERGE),
            _apply(_A, o.config_map("a", {"a": "4"}), "applier", 409),
            Http("PUT", f"{_A}?fieldManager=maker", o.config_map("a", {"z": "1"})),
            _apply(_A, o.config_map("a", {"a": "5"}), "applier"),
            Http("PATCH", _A, {"metadata": {"managedFields": [{}]}}, content_type=o.MERGE),
            Http("PATCH", _A, {"data": {"q": "1"}}, content_type=o.MERGE, agent="curl"),
        ),
    ),
    Case(
        "apply-wrong",
        (
            Http("PATCH", _A, o.config_map("a"), content_type=o.APPLY, expect=422),
            Http("PATCH", f"{_A}?fieldManager=one", "{", content_type=o.APPLY, expect=400),
            Http("PATCH", f"{_A}?fieldManager=one", "a: [", content_type=o.APPLY, expect=400),
            _apply(_A, {"kind": "ConfigMap"}, "one", 400),
            _apply(_A, o.config_map("b"), "one", 400),
            _apply(_A, o.secret("a"), "one", 400),
            _apply(_A, o.config_map("a", managedFields=[{"manager": "x"}]), "one", 400),
            _apply(_A, o.config_map("a", {"a": 1}), "one", 500),
            _apply(_A, o.config_map("a") | {"nothing": 1}, "one", 500),
            _apply(_A, o.config_map("a", resourceVersion="5"), "one", 201),
            Http("PATCH", f"{_A}?force=true", {}, content_type=o.MERGE, expect=422),
            Http("PATCH", f"{_A}?fieldManager=one&force=maybe", o.config_map("a"), content_type=o.APPLY),
            Http("PATCH", f"{_A}?fieldManager={'m' * 129}", o.config_map("a"), content_type=o.APPLY, expect=422),
            _apply(_A, o.config_map("a", {"a": "2"}, resourceVersion="5"), "one", 409),
            Http("GET", _A),
        ),
    ),
    Case(
        "apply-yaml",
        (
            Http(
                "PATCH",
                f"{_A}?fieldManager=one",
                'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: "1"\n  b: |\n    two\n    lines\n',
                content_type=o.APPLY,
                expect=201,
            ),
            Http("PATCH", f"{_A}?fieldManager=one&dryRun=All", o.config_map("a"), content_type=o.APPLY),
            Http("GET", _A),
        ),
    ),
    Case(
        "apply-pod-lists",
        (
            _apply(_P, o.pod("p"), "one", 201),
            _apply(_P, o.pod("p", {"containers": [{"name": "main", "image": "python:3.12"}]}), "two", 409),
            _apply(
                _P,
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "p", "finalizers": ["example.com/a"]},
                    "spec": {"tolerations": [{"key": "k", "operator": "Exists"}]},
                },
                "two",
            ),
            _apply(_P, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "two", 422),
            _apply(
                _P,
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "p"},
                    "spec": {"tolerations": [{"key": "k", "operator": "Exists"}]},
                },
                "two",
            ),
            Http("GET", _P),
        ),
    ),
    Case(
        "apply-custom-lists",
        (
            _apply(_T, _env("A", "B"), "one", 201),
            _apply(_T, _env("B", "A"), "one"),
            _apply(_T, _env("A", "B"), "one"),
            _apply(_T, _env("C"), "two"),
            _apply(_T, _env("A"), "two"),
            _apply(_T, _env("A"), "one"),
            _apply(_T, o.train_job("t", {"trainer": {"env": [{"name": "A", "value": "x"}]}}), "two", 409),
            _apply(_T, o.train_job("t", {"suspend": True}), "two"),
            _apply(_T, o.train_job("t", {"suspend": False}), "one", 409),
            _apply(_T, o.train_job("t", {"suspend": False}), "one", force=True),
            _apply(_T, o.train_job("t", {"trainer": {"env": [{"value": "x"}]}}), "two", 500),
            _apply(_T, o.train_job("t", {"trainer": {"env": [{"name": "A"}, {"name": "A"}]}}), "two", 500),
            _apply(_T, o.train_job("t", {"nothing": 1}), "two", 500),
            _apply(_T, o.train_job("t", {"suspend": "yes"}), "two", 500),
            Http("GET", _T),
        ),
        needs_crds=True,
    ),
    Case(
        "apply-custom-atomic",
        (
            _apply(_T, o.train_job("t", {"trainer": {"command": ["a", "b"]}}), "one", 201),
            _apply(_T, o.train_job("t", {"trainer": {"command": ["a", "b"]}}), "two"),
            _apply(_T, o.train_job("t", {"trainer": {"command": ["a"]}}), "two", 409),
            _apply(_T, o.train_job("t", {"trainer": {"command": ["a", "c"]}}), "two", force=True),
            _apply(_T, o.train_job("t"), "one"),
            _apply(_T, o.train_job("t"), "two"),
        ),
        needs_crds=True,
    ),
    Case(
        "apply-custom-status",
        (
            _apply(_T, o.train_job("t"), "one", 201),
            _apply(
                f"{_T}/status",
                {
                    "apiVersion": "trainer.kubeflow.org/v1alpha1",
                    "kind": "TrainJob",
                    "metadata": {"name": "t"},
                    "status": {
                        "conditions": [
                            {
                                "type": "Suspended",
                                "status": "False",
                                "reason": "Resumed",
                                "message": "m",
                                "lastTransitionTime": "2001-01-01T00:00:00Z",
                            }
                        ]
                    },
                },
                "controller",
            ),
            _apply(_T, o.train_job("t", {"suspend": True}), "one"),
            Http("GET", _T),
        ),
        needs_crds=True,
    ),
    Case(
        "apply-inferenceservice",
        (
            _apply(_I, o.inference_service("i"), "one", 201),
            _apply(_I, o.inference_service("i", {"minReplicas": 1, "sklearn": {"storageUri": "pvc://a/b"}}), "two"),
            _apply(_I, o.inference_service("i", {"minReplicas": 2}), "one", 409),
            _apply(_I, o.inference_service("i", {"minReplicas": 2}), "one", force=True),
            _apply(_I, o.inference_service("i", {}), "two"),
            Http("GET", _I),
        ),
        needs_crds=True,
    ),
)
