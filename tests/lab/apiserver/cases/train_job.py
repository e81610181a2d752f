"""TrainJobs: defaults, types and the CEL rules of the upstream CRD."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o

_T = f"{o.TRAIN_JOBS}/t"


def _refused(spec: Any, expect: int = 422) -> Http:
    return Http("POST", o.TRAIN_JOBS, o.train_job("bad", spec), expect=expect)


def _conditions(*conditions: o.Object, expect: int = 422) -> Http:
    return Http("PATCH", f"{_T}/status", {"status": {"conditions": conditions}}, content_type=o.MERGE, expect=expect)


_CONDITION = {
    "type": "Complete",
    "status": "True",
    "reason": "Done",
    "message": "m",
    "lastTransitionTime": "2001-01-01T00:00:00Z",
}
_RICH = {
    "suspend": True,
    "labels": {"a": "b"},
    "annotations": {"c": "d"},
    "runtimeRef": {"name": "torch-distributed", "kind": "TrainingRuntime"},
    "initializer": {
        "dataset": {
            "storageUri": "hf://data",
            "secretRef": {},
            "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"key": "k"}}}],
        },
        "model": {"storageUri": "hf://model"},
    },
    "trainer": {
        "image": "python:3.11",
        "command": ["python"],
        "args": ["-c", "print(1)"],
        "numNodes": 2,
        "numProcPerNode": "auto",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"configMapKeyRef": {"key": "k"}}}],
        "resourcesPerNode": {"limits": {"cpu": 1, "memory": "1Gi"}, "requests": {"cpu": "500m"}},
    },
    "podTemplateOverrides": [
        {
            "targetJobs": [{"name": "node"}],
            "spec": {
                "volumes": [{"name": "v", "configMap": {}}],
                "containers": [{"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "tolerations": [{"key": "k", "operator": "Exists"}],
            },
        }
    ],
}

CASES = (
    Case(
        "trainjob-defaults",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t"), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("rich", _RICH), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("number", {"trainer": {"numProcPerNode": 4}}), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("null", {"suspend": None, "trainer": None}), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("float", {"trainer": {"numNodes": 2.0}}), expect=201),
            Kubectl("get trainjobs"),
            Kubectl("get trainjob rich -o yaml --show-managed-fields"),
        ),
        needs_crds=True,
    ),
    Case(
        "trainjob-types",
        (
            _refused({"suspend": "yes"}),
            _refused({"suspend": 1}),
            _refused({"runtimeRef": {}}),
            _refused({"runtimeRef": {"name": ""}}),
            _refused({"runtimeRef": {"name": 5}}),
            _refused({"runtimeRef": None}),
            _refused({"runtimeRef": "plain"}),
            _refused({"trainer": {"numNodes": "two"}}),
            _refused({"trainer": {"numNodes": 1.5}}),
            _refused({"trainer": {"numNodes": 3000000000}}, 201),
            Http("DELETE", f"{o.TRAIN_JOBS}/bad"),
            _refused({"trainer": {"numProcPerNode": True}}),
            _refused({"trainer": {"numProcPerNode": 1.5}}),
            _refused({"trainer": {"command": "python"}}),
            _refused({"trainer": {"args": [1]}}),
            _refused({"trainer": {"env": [{"value": "x"}]}}),
            _refused({"trainer": {"env": [{"name": "A"}, {"name": "A"}]}}),
            _refused({"trainer": {"env": {"name": "A"}}}),
            _refused({"trainer": {"resourcesPerNode": {"limits": {"memory": "lots"}}}}),
            _refused({"trainer": {"resourcesPerNode": {"limits": {"memory": True}}}}),
            _refused({"podTemplateOverrides": [{}]}),
            _refused({"podTemplateOverrides": [{"targetJobs": []}]}, 201),
            _refused({"labels": {"a": 1}}),
            _refused({"suspend": "yes", "trainer": {"numNodes": "two", "command": "python"}}),
            Http("POST", o.TRAIN_JOBS, {**o.train_job("bad"), "spec": {}}, expect=422),
            Kubectl("create -f -", stdin=o.train_job("bad2", {"trainer": {"numNodes": "two"}}), expect=1),
        ),
        needs_crds=True,
    ),
    Case(
        "trainjob-rules",
        (
            _refused({"managedBy": "somebody"}),
            _refused({"managedBy": ""}),
            Http("POST", o.TRAIN_JOBS, o.train_job("t", {"managedBy": "kueue.x-k8s.io/multikueue"}), expect=201),
            Http("PATCH", _T, {"spec": {"managedBy": "somebody"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _T, {"spec": {"managedBy": None}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _T, {"spec": {"runtimeRef": {"name": "x"}}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _T, {"spec": {"runtimeRef": {"kind": "TrainingRuntime"}}}, content_type=o.MERGE, expect=422),
            Http(
                "PATCH",
                _T,
                {"spec": {"runtimeRef": {"name": "x"}, "managedBy": "y", "suspend": "z"}},
                content_type=o.MERGE,
                expect=422,
            ),
            Http("PATCH", _T, {"spec": {"suspend": True}}, content_type=o.MERGE),
        ),
        needs_crds=True,
    ),
    Case(
        "trainjob-status",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t"), expect=201),
            _conditions({}),
            _conditions(_CONDITION | {"status": "Maybe"}),
            _conditions(_CONDITION | {"reason": ""}),
            _conditions(_CONDITION | {"reason": "has space"}),
            _conditions(_CONDITION | {"type": "Bad Type"}),
            _conditions(_CONDITION | {"message": "m" * 32769}),
            _conditions(_CONDITION | {"lastTransitionTime": "yesterday"}),
            _conditions(_CONDITION | {"observedGeneration": -1}),
            _conditions(_CONDITION, _CONDITION),
            _conditions(_CONDITION, _CONDITION | {"type": "Failed", "status": "False"}, expect=200),
            Http(
                "PATCH",
                f"{_T}/status",
                {"status": {"jobsStatus": [{"name": "node"}]}},
                content_type=o.MERGE,
                expect=422,
            ),
            Kubectl("get trainjobs"),
        ),
        needs_crds=True,
    ),
)
