"""The official clients of a platform, and what the tests of InferenceServices ask with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
from kserve import KServeClient
from kubernetes import client, config

from minikf.spec import Access

Object = dict[str, Any]
T = TypeVar("T")
_SERVICES = ("serving.kserve.io", "v1beta1", "default", "inferenceservices")


class Cluster:
    """`kserve` is KServe's own client; the rest is the plain Kubernetes client's."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.kserve = KServeClient(config_file=str(access.kubeconfig))
        self.api = config.new_client_from_config(config_file=str(access.kubeconfig))
        self.core = client.CoreV1Api(self.api)
        self.custom = client.CustomObjectsApi(self.api)

    def create(self, name: str, predictor: Object, annotations: dict[str, str] | None = None, **spec: Any) -> Object:
        body = {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {"predictor": predictor, **spec},
        }
        return dict(self.custom.create_namespaced_custom_object(*_SERVICES, body))

    def get(self, name: str) -> Object:
        return dict(self.custom.get_namespaced_custom_object(*_SERVICES, name))

    def patch(self, name: str, change: Object) -> Object:
        return dict(self.custom.patch_namespaced_custom_object(*_SERVICES, name, change))

    def delete(self, name: str) -> None:
        self.custom.delete_namespaced_custom_object(*_SERVICES, name)

    def condition(self, name: str, kind: str = "Ready") -> Object:
        found = self.get(name).get("status", {}).get("conditions", [])
        return next((one for one in found if one["type"] == kind), {})

    def until_ready(self, name: str, generation: int = 0, seconds: float = 60.0) -> Object:
        """The service once it is Ready for the generation and nothing is in transition."""

        def ready() -> Object | None:
            service = self.get(name)
            status = service.get("status", {})
            states = {one["type"]: one["status"] for one in status.get("conditions", [])}
            settled = status.get("modelStatus", {}).get("transitionStatus") == "UpToDate"
            is_new = status.get("observedGeneration", 0) >= generation
            return service if states.get("Ready") == "True" and settled and is_new else None

        return until(ready, seconds, lambda: self.get(name).get("status"))

    def until_told(self, name: str, text: str, seconds: float = 30.0) -> Object:
        """The PredictorReady condition once its message has the text."""

        def told() -> Object | None:
            condition = self.condition(name, "PredictorReady")
            return condition if text in condition.get("message", "") else None

        return until(told, seconds, lambda: self.get(name).get("status"))

    def pods(self, name: str) -> list[Any]:
        return list(
            self.core.list_namespaced_pod("default", label_selector=f"serving.kserve.io/inferenceservice={name}").items
        )

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reason and message of the service's events."""
        found = self.core.list_namespaced_event(
            "default", field_selector=f"involvedObject.name={name},involvedObject.kind=InferenceService"
        )
        return [(one.reason, one.message) for one in found.items]

    def ports(self, name: str) -> tuple[int, int]:
        component = self.get(name)["status"]["components"]["predictor"]
        return tuple(int(component[key].rpartition(":")[2]) for key in ("restUrl", "grpcUrl"))  # type: ignore[return-value]


def until(found: Callable[[], T | None], seconds: float, why: Callable[[], Any]) -> T:
    """What `found` gives once it gives something."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        assert time.monotonic() < end, f"it never came true: {why()}"
        time.sleep(0.05)


def model(folder: Path | str, model_format: str = "sklearn", **more: Any) -> Object:
    uri = folder if isinstance(folder, str) else f"file://{folder}"
    return {"model": {"modelFormat": {"name": model_format}, "storageUri": uri, **more}}


def predict(cluster: Cluster, name: str, rows: list[list[float]]) -> Any:
    url = f"{cluster.get(name)['status']['url']}/v1/models/{name}:predict"
    return httpx.post(url, json={"instances": rows}, timeout=30).raise_for_status().json()["predictions"]
