"""Training and serving runtimes: defaults, and the CEL rules of the upstream CRDs, on cluster-scoped objects too."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o

_NAME = "lab-cluster-runtime"
_ONE = f"{o.CLUSTER_TRAINING_RUNTIMES}/{_NAME}"


def _policy(policy: Any, expect: int) -> Http:
    return Http("POST", o.TRAINING_RUNTIMES, o.training_runtime("bad", policy), expect=expect)


def _job_set(spec: o.Object, expect: int = 422) -> Http:
    body = o.training_runtime("bad")
    body["spec"]["template"]["spec"] |= spec
    return Http("POST", o.TRAINING_RUNTIMES, body, expect=expect)


_METRICS = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]

CASES = (
    Case(
        "runtime-cluster",
        (
            Http("POST", o.CLUSTER_TRAINING_RUNTIMES, o.training_runtime(_NAME, {"numNodes": 1}, True), expect=201),
            Http("GET", _ONE),
            Kubectl(f"get clustertrainingruntime {_NAME}"),
            Kubectl(f"label clustertrainingruntime {_NAME} trainer.kubeflow.org/framework=torch"),
            Kubectl("get clustertrainingruntimes -l trainer.kubeflow.org/framework=torch"),
            Http("PATCH", _ONE, {"spec": {"mlPolicy": {"numNodes": 2}}}, content_type=o.MERGE),
            Http("GET", "/apis/trainer.kubeflow.org/v1alpha1/namespaces/$ns/clustertrainingruntimes", expect=404),
            Http("GET", "/apis/trainer.kubeflow.org/v1alpha1/trainingruntimes/a", expect=404),
            Http("GET", f"{_ONE}/status", expect=404),
            Http("POST", o.CLUSTER_TRAINING_RUNTIMES, o.training_runtime("x", None, True, namespace="y"), expect=201),
            Http("DELETE", f"{o.CLUSTER_TRAINING_RUNTIMES}/x"),
            Http("DELETE", _ONE),
            Http("GET", _ONE, expect=404),
        ),
        needs_crds=True,
    ),
    Case(
        "runtime-rules",
        (
            _policy({"torch": {}, "mpi": {}}, 422),
            _policy({"numNodes": 2, "torch": {"elasticPolicy": {"minNodes": 1}}}, 422),
            _policy({"torch": {"numProcPerNode": 0}}, 422),
            _policy({"torch": {"numProcPerNode": "all"}}, 422),
            _policy({"mpi": {"mpiImplementation": "Intel"}}, 422),
            _policy({"numNodes": "two"}, 422),
            _policy({"torch": {"elasticPolicy": {"metrics": _METRICS}}}, 201),
            Http("DELETE", f"{o.TRAINING_RUNTIMES}/bad"),
            _policy({"mpi": {}}, 201),
            Http("DELETE", f"{o.TRAINING_RUNTIMES}/bad"),
            _policy({"torch": {}}, 201),
            Http("DELETE", f"{o.TRAINING_RUNTIMES}/bad"),
            _policy({"torch": {"numProcPerNode": 3}}, 201),
            Http("DELETE", f"{o.TRAINING_RUNTIMES}/bad"),
        ),
        needs_crds=True,
    ),
    Case(
        "runtime-job-sets",
        (
            _job_set({"startupPolicy": {"startupPolicyOrder": "Whenever"}}),
            _job_set({"ttlSecondsAfterFinished": -1}),
            _job_set({"successPolicy": {"operator": "None"}}),
            _job_set({"replicatedJobs": [{"name": "a"}]}),
            _job_set({"replicatedJobs": [{"name": "a", "template": {}}, {"name": "a", "template": {}}]}),
            _job_set(
                {
                    "startupPolicy": {"startupPolicyOrder": "InOrder"},
                    "replicatedJobs": [
                        {"name": "a", "template": {}},
                        {"name": "b", "template": {}, "dependsOn": [{"name": "a", "status": "Ready"}]},
                    ],
                }
            ),
            _job_set({"failurePolicy": {"maxRestarts": 1}, "startupPolicy": {"startupPolicyOrder": "AnyOrder"}}, 201),
            Http(
                "PATCH",
                f"{o.TRAINING_RUNTIMES}/bad",
                {"spec": {"template": {"spec": {"failurePolicy": {"maxRestarts": 2}}}}},
                content_type=o.MERGE,
                expect=422,
            ),
            Http("GET", f"{o.TRAINING_RUNTIMES}/bad"),
        ),
        needs_crds=True,
    ),
    Case(
        "runtime-serving",
        (
            Http("POST", o.SERVING_RUNTIMES, o.serving_runtime("r"), expect=201),
            Http("POST", o.SERVING_RUNTIMES, {**o.serving_runtime("bad"), "spec": {}}, expect=422),
            Http(
                "POST",
                o.SERVING_RUNTIMES,
                {**o.serving_runtime("bad"), "spec": {"containers": [], "supportedModelFormats": [{"priority": 0}]}},
                expect=422,
            ),
            Http("PATCH", f"{o.SERVING_RUNTIMES}/r", {"spec": {"disabled": True}}, content_type=o.MERGE),
            Http("PATCH", f"{o.SERVING_RUNTIMES}/r/status", {"status": {}}, content_type=o.MERGE, expect=404),
            Kubectl("get servingruntimes"),
        ),
        needs_crds=True,
    ),
)
