"""Model Registry: a model with a version is registered and found again. The API deletes nothing, so it is archived."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import quote

from minikf.kube.serving import service_path
from minikf.smoke.model import Smoke
from minikf.smoke.place import Place
from minikf.spec import Event

_PATH = "/api/model_registry/v1alpha3"
# Its service as the distribution installs it.
_SERVICE = service_path("kubeflow", "model-registry-service", 8080, _PATH)

Object = dict[str, Any]


def _objects(_: Place) -> list[Object]:
    return []  # a model is none of Kubernetes' objects


def _root(place: Place) -> str:
    """The embedded engine serves it beside the Kubernetes API."""
    return _PATH if place.client.request("GET", f"{_PATH}/registered_models?pageSize=1").ok else _SERVICE


def _check(place: Place) -> Generator[Event, None, str]:
    root = _root(place)
    yield Event(place.namespace, "progress", f"registering a model at {root}")
    model = place.client.call("POST", f"{root}/registered_models", {"name": place.namespace})
    path = f"{root}/registered_models/{quote(str(model['id']), safe='')}"
    try:
        version = place.client.call("POST", f"{path}/versions", {"name": "1", "registeredModelId": str(model["id"])})
        found = place.client.get(f"{root}/registered_model?name={quote(place.namespace)}")
        versions = [one.get("id") for one in place.client.get(f"{path}/versions").get("items") or []]
        if found.get("id") != model["id"] or version["id"] not in versions:
            raise place.failed("the model that was registered is not found again", f"{found}, versions {versions}")
    finally:
        place.client.request("PATCH", path, {"state": "ARCHIVED"})
    return f"model {place.namespace} with version 1, found again, now archived"


SMOKE = Smoke(
    "model-registry",
    "a model is registered and found again",
    (f"{_PATH}/registered_models?pageSize=1", "/api/v1/namespaces/kubeflow/services/model-registry-service"),
    "component=model-registry-server",
    _objects,
    _check,
)
