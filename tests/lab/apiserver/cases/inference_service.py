"""InferenceServices: defaults, types and status, as the upstream CRD has them."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o

_I = f"{o.INFERENCE_SERVICES}/i"


def _refused(predictor: Any, expect: int = 422) -> Http:
    return Http("POST", o.INFERENCE_SERVICES, o.inference_service("bad", predictor), expect=expect)


_RICH = {
    "minReplicas": 1,
    "maxReplicas": 2,
    "canaryTrafficPercent": 10,
    "timeout": 30,
    "serviceAccountName": "robot",
    "model": {
        "modelFormat": {"name": "sklearn", "version": "1"},
        "protocolVersion": "v2",
        "runtime": "sklearn",
        "storageUri": "pvc://models/iris",
        "args": ["--workers=1"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"secretKeyRef": {"key": "k"}}}],
        "resources": {"limits": {"cpu": "1", "memory": "256Mi"}, "requests": {"cpu": 1}},
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
    },
}
_STATUS = {
    "url": "http://127.0.0.1:1/",
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2001-01-01T00:00:00Z"}],
    "components": {
        "predictor": {"traffic": [{"latestRevision": True, "percent": 100, "revisionName": "i-00001"}]},
    },
    "modelStatus": {"transitionStatus": "UpToDate", "states": {"activeModelState": "Loaded"}},
    "somethingElse": {"kept": True},
}

CASES = (
    Case(
        "inferenceservice-defaults",
        (
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("i"), expect=201),
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("rich", _RICH), expect=201),
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("empty", {}), expect=201),
            Http(
                "POST",
                o.INFERENCE_SERVICES,
                o.inference_service("custom", {"containers": [{"name": "kserve-container", "image": "x"}]}),
                expect=201,
            ),
            Kubectl("get isvc"),
            Kubectl("get isvc rich -o yaml --show-managed-fields"),
        ),
        needs_crds=True,
    ),
    Case(
        "inferenceservice-types",
        (
            _refused({"model": {"storageUri": "x"}}, 201),
            Http("DELETE", f"{o.INFERENCE_SERVICES}/bad"),
            _refused({"model": {"modelFormat": {}}}),
            _refused({"model": {"modelFormat": {"name": 5}}}),
            _refused({"minReplicas": "one"}),
            _refused({"minReplicas": 1.5}),
            _refused({"timeout": "30s"}),
            _refused({"containers": {}}),
            _refused({"containers": [{"image": "x"}]}),
            _refused({"containers": [{"name": "a"}, {"name": "a"}]}, 201),
            Http("DELETE", f"{o.INFERENCE_SERVICES}/bad"),
            _refused({"model": {"modelFormat": {"name": "x"}, "env": [{"name": "A"}, {"name": "A"}]}}),
            _refused({"model": {"modelFormat": {"name": "x"}, "resources": {"limits": {"cpu": "lots"}}}}),
            _refused({"model": {"modelFormat": {"name": "x"}, "ports": [{"containerPort": "http"}]}}),
            _refused({"autoScaling": {"metrics": [{"type": "Nothing"}]}}),
            Http("POST", o.INFERENCE_SERVICES, {**o.inference_service("bad"), "spec": {}}, expect=422),
            Http("POST", o.INFERENCE_SERVICES, {**o.inference_service("none"), "spec": None}, expect=201),
        ),
        needs_crds=True,
    ),
    Case(
        "inferenceservice-status",
        (
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("i"), expect=201),
            Http("PATCH", f"{_I}/status", {"status": _STATUS}, content_type=o.MERGE),
            Http(
                "PATCH",
                f"{_I}/status",
                {"status": {"modelStatus": {"transitionStatus": "x"}}},
                content_type=o.MERGE,
                expect=422,
            ),
            Http(
                "PATCH", f"{_I}/status", {"status": {"conditions": [{"type": "x"}]}}, content_type=o.MERGE, expect=422
            ),
            Http("PATCH", f"{_I}/status", {"status": {"modelStatus": {"copies": {}}}}, content_type=o.MERGE),
            Kubectl("get isvc"),
            Kubectl("wait isvc/i --for=condition=Ready --timeout=5s"),
            Http("PATCH", _I, {"spec": {"predictor": {"minReplicas": 2}}}, content_type=o.MERGE),
            Http("GET", _I, accept=o.TABLE),
        ),
        needs_crds=True,
    ),
)
