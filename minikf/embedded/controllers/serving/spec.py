"""What an InferenceService asks for; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minikf.embedded.status import Object

CONTAINER = "kserve-container"
CHECKSUM_ANNOTATION = "minikf/model-sha256"
STOP_ANNOTATION = "serving.kserve.io/stop"
# The shorthands for `model` with that format: PredictorSpec in pkg/apis/serving/v1beta1/predictor.go.
FRAMEWORKS = (
    "sklearn",
    "xgboost",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "lightgbm",
    "paddle",
)
# Fields of a model that are not fields of its container.
_MODEL_FIELDS = frozenset(
    {"modelFormat", "storageUri", "storage", "runtime", "runtimeVersion", "protocolVersion", "confidential"}
)
# Fields of a predictor that are no fields of its pod.
_PREDICTOR_FIELDS = frozenset({
    *FRAMEWORKS, "model", "containers", "minReplicas", "maxReplicas", "scaleTarget", "scaleMetric", "scaleMetricType",
    "autoScaling", "containerConcurrency", "timeout", "canaryTrafficPercent", "logger", "batcher", "labels",
    "annotations", "deploymentStrategy", "workerSpec", "storageUris", "storageContainerName", "name",
})  # fmt: skip


class InvalidSpec(Exception):
    """The spec cannot be served. `reason` is one of KServe's FailureReasons."""

    def __init__(self, message: str, reason: str = "InvalidPredictorSpec") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Predictor:
    """A predictor. Without `model_format` it is a custom one, whose container has a command of its own.

    `container` holds the container fields that the user set, `others` the pod's further containers, `pod` the other
    fields of its PodSpec.
    """

    model_format: str
    format_version: str
    protocol: str
    runtime: str
    storage_uri: str
    sha256: str
    container: Object
    others: tuple[Object, ...] = ()
    pod: Object = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    logger: Object | None = None


def read(service: Object) -> Predictor:
    """The predictor of an InferenceService. Raises InvalidSpec."""
    predictor: Object = (service.get("spec") or {}).get("predictor") or {}
    annotations = service["metadata"].get("annotations") or {}
    found = implementations(predictor)
    if len(found) != 1:
        listed = ", ".join(("model", *FRAMEWORKS, "containers"))
        has = f"it has {' and '.join(found)}" if found else "it has none"
        raise InvalidSpec(f"spec.predictor needs exactly one of {listed}; {has}")
    shared: dict[str, Any] = {
        "sha256": annotations.get(CHECKSUM_ANNOTATION, ""),
        "pod": {key: value for key, value in predictor.items() if key not in _PREDICTOR_FIELDS},
        "labels": predictor.get("labels") or {},
        "annotations": predictor.get("annotations") or {},
        "logger": predictor.get("logger"),
    }
    if found == ["containers"]:
        return _custom(predictor["containers"], shared)
    return _model(found[0], predictor[found[0]], predictor.get("containers") or [], shared)


def implementations(predictor: Object) -> list[str]:
    """Which ways to serve a predictor names; sound is exactly one. Containers beside a model are its helpers."""
    found = [name for name in ("model", *FRAMEWORKS) if predictor.get(name) is not None]
    containers = predictor.get("containers") or []
    if any(one.get("name") == CONTAINER for one in containers) or (containers and not found):
        found.append("containers")
    return found


def _model(name: str, model: Object, others: list[Object], shared: dict[str, Any]) -> Predictor:
    model_format = model.get("modelFormat") or {} if name == "model" else {"name": name}
    if (model.get("storage") or {}) != {}:
        raise InvalidSpec("spec.predictor.model.storage is not supported by the embedded engine; set storageUri")
    return Predictor(
        model_format=str(model_format.get("name", "")),
        format_version=str(model_format.get("version") or ""),
        protocol=str(model.get("protocolVersion") or "v1"),
        runtime=str(model.get("runtime") or ""),
        storage_uri=str(model.get("storageUri") or ""),
        container={key: value for key, value in model.items() if key not in _MODEL_FIELDS},
        others=tuple(others),
        **shared,
    )


def _custom(containers: list[Object], shared: dict[str, Any]) -> Predictor:
    own = next((one for one in containers if one.get("name") == CONTAINER), containers[0])
    if not own.get("command"):
        raise InvalidSpec(
            f"the container '{own.get('name') or CONTAINER}' has no command: the embedded engine runs no images, so it "
            "cannot use the image's entrypoint; set command, or use `minikf up --engine k3d`, which runs images"
        )
    # KServe's storage initializer serves custom predictors by this variable.
    variables = {one["name"]: one.get("value") or "" for one in own.get("env") or []}
    return Predictor(
        model_format="",
        format_version="",
        protocol="",
        runtime="",
        storage_uri=variables.get("STORAGE_URI", ""),
        container=own,
        others=tuple(one for one in containers if one is not own),
        **shared,
    )


def is_stopped(service: Object) -> bool:
    """Whether the user stopped the service by KServe's annotation."""
    annotations = service["metadata"].get("annotations") or {}
    return str(annotations.get(STOP_ANNOTATION, "")).lower() == "true"
