"""Which (Cluster)ServingRuntime serves a model, and those that every platform is born with.

Choice: GetSupportingRuntimes in pkg/apis/serving/v1beta1/predictor_model.go and reconcileModel in
pkg/controller/v1beta1/inferenceservice/components/predictor.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikf.embedded.controllers.serving.spec import CONTAINER, InvalidSpec, Predictor
from minikf.embedded.kinds import CLUSTER_SERVING_RUNTIME, SERVING_RUNTIME
from minikf.embedded.options import Options
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

MODULE = "minikf.embedded.serving.server"
_MANAGER = "minikf-seed"


@dataclass(frozen=True)
class Runtime:
    """A runtime that was chosen; `spec` is its ServingRuntimeSpec."""

    name: str
    is_cluster: bool
    spec: Object


def choose(objects: Objects, namespace: str, predictor: Predictor) -> Runtime:
    """The runtime for a model. Raises InvalidSpec with KServe's reason."""
    local = [entry.obj for entry in objects.list(SERVING_RUNTIME, namespace)]
    shared = [entry.obj for entry in objects.list(CLUSTER_SERVING_RUNTIME)]
    if predictor.runtime:
        return _named(predictor, local, shared)
    for candidates, is_cluster in ((local, False), (shared, True)):
        fit = [one for one in candidates if _serves(one["spec"], predictor, selected=False)]
        if fit:
            fit.sort(key=lambda one: str(one["metadata"]["name"]))
            best = max(fit, key=lambda one: _priority(one["spec"], predictor.model_format))
            return Runtime(best["metadata"]["name"], is_cluster, best["spec"])
    wanted = _wanted(predictor)
    formats = ", ".join(sorted(set(_formats(local + shared)))) or "none"
    raise InvalidSpec(
        f"no runtime supports {wanted}; the formats served here are {formats}. Other formats need a cluster: "
        "`minikf up --engine k3d`",
        "NoSupportingRuntime",
    )


def _named(predictor: Predictor, local: list[Object], shared: list[Object]) -> Runtime:
    name = predictor.runtime
    for candidates, is_cluster in ((local, False), (shared, True)):
        for one in candidates:
            if one["metadata"]["name"] != name:
                continue
            if one["spec"].get("disabled"):
                raise InvalidSpec(f"the runtime '{name}' is disabled", "RuntimeDisabled")
            if not _serves(one["spec"], predictor, selected=True):
                raise InvalidSpec(f"the runtime '{name}' does not support {_wanted(predictor)}", "NoSupportingRuntime")
            return Runtime(name, is_cluster, one["spec"])
    names = ", ".join(sorted(one["metadata"]["name"] for one in local + shared)) or "none"
    raise InvalidSpec(f"there is no runtime '{name}'; the runtimes here are {names}", "RuntimeNotRecognized")


def _serves(spec: Object, predictor: Predictor, *, selected: bool) -> bool:
    protocols = spec.get("protocolVersions") or []
    if spec.get("multiModel") or (not selected and spec.get("disabled")):
        return False
    # KServe takes a runtime that names no protocols for one that has them all.
    if protocols and predictor.protocol not in protocols:
        return False
    return any(
        one.get("name") == predictor.model_format
        and (not predictor.format_version or one.get("version") == predictor.format_version)
        and (selected or one.get("autoSelect"))
        for one in spec.get("supportedModelFormats") or []
    )


def _priority(spec: Object, model_format: str) -> int:
    values = [
        one.get("priority") or 0 for one in spec.get("supportedModelFormats") or [] if one["name"] == model_format
    ]
    return max(values, default=0)


def _formats(runtimes: Iterable[Object]) -> Iterable[str]:
    return (one["name"] for runtime in runtimes for one in runtime["spec"].get("supportedModelFormats") or [])


def _wanted(predictor: Predictor) -> str:
    version = f" {predictor.format_version}" if predictor.format_version else ""
    return f"the model format {predictor.model_format}{version} with the protocol {predictor.protocol}"


async def seed_runtimes(objects: Objects) -> None:
    """Makes or renews the runtimes of every platform; what a user changed of them stays."""
    for runtime in seeded_runtimes():
        try:
            await objects.apply(
                CLUSTER_SERVING_RUNTIME, "", runtime["metadata"]["name"], runtime, opts=Options(manager=_MANAGER)
            )
        except ApiError as error:
            if error.reason != "Conflict":
                raise


def seeded_runtimes() -> list[Object]:
    """The two formats under the names that a cluster of Kubeflow 26.03 has, so that `runtime:` may name them.

    There sklearn is kserve-sklearnserver, onnx kserve-tritonserver; here both are the model server of this package.
    """
    return [
        _runtime("kserve-sklearnserver", "sklearn", ("0", "1"), ("v1", "v2", "grpc-v2")),
        _runtime("kserve-tritonserver", "onnx", ("1",), ("v1", "v2", "grpc-v2")),
    ]


def _runtime(name: str, model_format: str, versions: tuple[str, ...], protocols: tuple[str, ...]) -> Object:
    # The resources of kserve-sklearnserver upstream.
    resources = {"cpu": "1", "memory": "2Gi"}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": name},
        "spec": {
            "annotations": {"prometheus.kserve.io/path": "/metrics"},
            "supportedModelFormats": [
                {"name": model_format, "version": version, "autoSelect": True, "priority": 1} for version in versions
            ],
            "protocolVersions": list(protocols),
            "containers": [
                {
                    "name": CONTAINER,
                    "command": ["python", "-m", MODULE],
                    "args": ["--model_name={{.Name}}", "--model_dir=/mnt/models", f"--model_format={model_format}"],
                    "resources": {"requests": resources, "limits": resources},
                }
            ],
        },
    }
