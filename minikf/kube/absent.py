"""What a platform has not, in words: an empty cluster answers a bare 404 where Kubeflow is asked for."""

from __future__ import annotations

import re
from http import HTTPStatus

# What serves a group, or one of its kinds where several do. Names as kubeflow/manifests has them.
_OF_GROUP = {
    "trainer.kubeflow.org": "Kubeflow Trainer",
    "serving.kserve.io": "KServe",
    "pipelines.kubeflow.org": "Kubeflow Pipelines",
    "jobset.x-k8s.io": "JobSet",
}
_OF_KIND = {
    "Experiment": "Katib",
    "Suggestion": "Katib",
    "Trial": "Katib",
    "Notebook": "Kubeflow Notebooks",
    "PodDefault": "admission webhook of Kubeflow",
    "PyTorchJob": "Training Operator",
    "TFJob": "Training Operator",
    "XGBoostJob": "Training Operator",
    "PaddleJob": "Training Operator",
    "JAXJob": "Training Operator",
    "MPIJob": "Training Operator",
}
_KINDS = ("TrainJob", "TrainingRuntime", "ClusterTrainingRuntime", "InferenceService", "ServingRuntime", *_OF_KIND)
_PLURALS = {f"{kind.lower()}s": kind for kind in _KINDS}
_OBJECTS = re.compile(r"/apis/([^/]+\.[^/]+)/([^/?]+)/(?:namespaces/[^/]+/)?([^/?]+)")
# APIs that are no Kubernetes API, by the beginning of their paths.
_OTHERS = {
    "/apis/v2beta1/": "Kubeflow Pipelines",
    "/apis/v1beta1/": "Kubeflow Pipelines",
    "/api/model_registry/": "model registry",
    "/minikf/": "daemon of MiniKF",
}
_UNKNOWN = "the server could not find the requested resource"  # of a group that is served, but not this kind

EMPTY = "a cluster is empty until Kubeflow is put on it (profile none)"
ADVICE = "minikf up --engine embedded --platform another-name  # has all of them"


def says_nothing(status: int, message: str) -> bool:
    """Whether an answer is the 404 of an API server that knows nothing of the path."""
    return status == HTTPStatus.NOT_FOUND and message in ("", _UNKNOWN)


def of_path(path: str) -> str:
    """What is missing for a path of the API; "" where nobody knows."""
    for start, name in _OTHERS.items():
        if path.startswith(start):
            return f"this platform has no {name}"
    found = _OBJECTS.match(path)
    return of_kind(f"{found[1]}/{found[2]}", _PLURALS.get(found[3], found[3])) if found is not None else ""


def of_kind(version: str, kind: str) -> str:
    """What is missing where a kind of Kubeflow's is not served; "" for a kind of somebody else's."""
    name = _OF_KIND.get(kind) or _OF_GROUP.get(version.partition("/")[0])
    return f"this platform has no {name}: it serves no {kind} ({version})" if name else ""
