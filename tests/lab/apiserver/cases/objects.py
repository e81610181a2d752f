"""Objects and paths that many cases use. Objects are the least that the real API server accepts of their kind."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

NAMESPACES = "/api/v1/namespaces"
CONFIG_MAPS = "/api/v1/namespaces/$ns/configmaps"
SECRETS = "/api/v1/namespaces/$ns/secrets"
PODS = "/api/v1/namespaces/$ns/pods"
_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
TRAIN_JOBS = f"{_TRAINER}/namespaces/$ns/trainjobs"
TRAINING_RUNTIMES = f"{_TRAINER}/namespaces/$ns/trainingruntimes"
CLUSTER_TRAINING_RUNTIMES = f"{_TRAINER}/clustertrainingruntimes"
INFERENCE_SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/$ns/inferenceservices"
SERVING_RUNTIMES = "/apis/serving.kserve.io/v1alpha1/namespaces/$ns/servingruntimes"

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

RV = {"rv": "metadata.resourceVersion"}


def _object(api_version: str, kind: str, name: str, meta: Object, rest: Object) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **meta}, **rest}


def config_map(name: str, data: Object | None = None, **meta: Any) -> Object:
    return _object("v1", "ConfigMap", name, meta, {"data": {"a": "1"} if data is None else data})


def secret(name: str, data: Object | None = None, **meta: Any) -> Object:
    return _object("v1", "Secret", name, meta, {"data": {"a": "MQ=="} if data is None else data})


def pod(name: str, spec: Object | None = None, **meta: Any) -> Object:
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-c", "print(1)"]}
    return _object("v1", "Pod", name, meta, {"spec": {"containers": [container], **(spec or {})}})


def train_job(name: str, spec: Object | None = None, **meta: Any) -> Object:
    body = {"runtimeRef": {"name": "plain-python"}, **(spec or {})}
    return _object("trainer.kubeflow.org/v1alpha1", "TrainJob", name, meta, {"spec": body})


def inference_service(name: str, predictor: Object | None = None, **meta: Any) -> Object:
    model = {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://models/iris"}}
    spec = {"predictor": model if predictor is None else predictor}
    return _object("serving.kserve.io/v1beta1", "InferenceService", name, meta, {"spec": spec})


def training_runtime(name: str, ml_policy: Object | None = None, cluster: bool = False, **meta: Any) -> Object:
    container = {"name": "node", "image": "python:3.11", "command": ["python"]}
    job = {"name": "node", "template": {"spec": {"template": {"spec": {"containers": [container]}}}}}
    spec: Object = {"template": {"spec": {"replicatedJobs": [job]}}}
    if ml_policy is not None:
        spec["mlPolicy"] = ml_policy
    kind = "ClusterTrainingRuntime" if cluster else "TrainingRuntime"
    return _object("trainer.kubeflow.org/v1alpha1", kind, name, meta, {"spec": spec})


def serving_runtime(name: str, **meta: Any) -> Object:
    spec = {
        "containers": [{"name": "kserve-container", "image": "kserve/sklearnserver", "args": ["--model_name=m"]}],
        "supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": True, "priority": 1}],
        "protocolVersions": ["v1", "v2"],
    }
    return _object("serving.kserve.io/v1alpha1", "ServingRuntime", name, meta, {"spec": spec})
