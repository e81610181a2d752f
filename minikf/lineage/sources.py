"""What lineage is read from: the pipelines' records, the model registry, InferenceServices and TrainJobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from minikf.kube.rest import ApiAnswer, RestClient
from minikf.lineage.trials import with_trials
from minikf.pipelines.api import ROOT

REVISION, URI, DIGEST = "minikf/revision", "minikf/model-uri", "minikf/model-digest"
_SERVING = "serving.kserve.io"
_SERVICE_LABEL = "serving.kserve.io/inferenceservice"

Object = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """The platform's objects as they are now. `models` are the registry's lineages, `pods` those of services."""

    models: list[Object]
    services: list[Object]
    pods: list[Object]
    trainjobs: list[Object]
    secrets: list[Object]


def read(client: RestClient) -> Sources:
    """Raises Unreachable, or ApiAnswer with the API's own words."""
    return Sources(
        models=_optional(client, "/api/model_registry/minikf/lineage", "models"),
        services=_items(client, f"/apis/{_SERVING}/v1beta1/inferenceservices"),
        pods=_items(client, f"/api/v1/pods?labelSelector={_SERVICE_LABEL.replace('/', '%2F')}"),
        trainjobs=with_trials(
            _items(client, "/apis/trainer.kubeflow.org/v1alpha1/trainjobs"),
            _optional(client, "/apis/kubeflow.org/v1beta1/trials", "items"),
        ),
        secrets=_items(client, "/api/v1/secrets"),
    )


def pipelines(client: RestClient, direction: str, **asked: Iterable[str]) -> Object:
    """The answer of the pipelines' own lineage to a question; empty for one that asks nothing."""
    question = {name: sorted(set(values)) for name, values in asked.items() if values}
    if not question:
        return {"seeds": [], "artifacts": [], "tasks": [], "runs": [], "same": [], "told": [], "truncated": False}
    return client.call("POST", f"{ROOT}/minikf/lineage", {**question, "direction": direction})


@dataclass(frozen=True)
class Served:
    """What an InferenceService answers with now: the storageUri and digest of the pod that serves, else what its spec
    wants. `is_ready` says whether it answers; `is_current` whether that is what the spec wants."""

    uri: str
    digest: str
    is_ready: bool
    is_current: bool


def served(service: Object, pods: Iterable[Object]) -> Served:
    """Pure."""
    wanted = storage_uri(service)
    status = service.get("status") or {}
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or [])
    component = (status.get("components") or {}).get("predictor") or {}
    revision = str(component.get("latestReadyRevision") or "").rpartition("-")[2]
    metadata = service["metadata"]
    for pod in pods:
        marks = pod["metadata"].get("annotations") or {}
        if (
            pod["metadata"]["namespace"] == metadata["namespace"]
            and pod["metadata"]["labels"].get(_SERVICE_LABEL) == metadata["name"]
            and revision
            and marks.get(REVISION) == revision
        ):
            uri = marks.get(URI, wanted)
            return Served(uri, marks.get(DIGEST, ""), ready, uri == wanted)
    return Served(wanted, "", False, True)


def storage_uri(service: Object) -> str:
    """The storageUri of an InferenceService's spec, "" for none."""
    predictor = (service.get("spec") or {}).get("predictor") or {}
    # `model` is today's form; sklearn, onnx and the like are the older ones of the same v1beta1 API.
    for part in predictor.values():
        if isinstance(part, dict) and isinstance(part.get("storageUri"), str):
            return str(part["storageUri"])
    return ""


def _items(client: RestClient, path: str) -> list[Object]:
    return list(client.get(path).get("items") or [])


def _optional(client: RestClient, path: str, key: str) -> list[Object]:
    """What a platform may lack: a cluster without the registry answers 404."""
    try:
        return list(client.get(path).get(key) or [])
    except ApiAnswer as answer:
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        raise
