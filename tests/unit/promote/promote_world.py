"""Objects to promote, held in a list instead of a platform: what the steps of a promotion are tested on.

It differs from a platform in what it does not do: no defaults, no managedFields, no validation. The tests in
tests/embedded/promote read a real platform.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.promote.discovery import Resource
from minikf.promote.laptop import Laptop
from minikf.promote.model import Bundle, Object, PromoteReport
from minikf.promote.pipeline import export_from, plan_from

RESOURCES = (
    Resource("", "v1", "pods", "pod", "Pod", True, ("po",)),
    Resource(
        "serving.kserve.io", "v1beta1", "inferenceservices", "inferenceservice", "InferenceService", True, ("isvc",)
    ),
    Resource("trainer.kubeflow.org", "v1alpha1", "trainjobs", "trainjob", "TrainJob", True),
    Resource("kubeflow.org", "v1", "pytorchjobs", "pytorchjob", "PyTorchJob", True),
    Resource("kubeflow.org", "v1", "notebooks", "notebook", "Notebook", True),
    Resource("kubeflow.org", "v1beta1", "experiments", "experiment", "Experiment", True),
    Resource("kubeflow.org", "v1alpha1", "poddefaults", "poddefault", "PodDefault", True),
)
LAPTOP = Laptop(names=("mylaptop",), folders=("/home/me", "/var/tmp/minikf"))


@dataclass
class World:
    """A `Source` of the objects given; `api` are answers of the API of Kubeflow Pipelines, by path."""

    objects: list[Object]
    platform: str = "default"
    api: dict[str, Object] = field(default_factory=dict)

    def resources(self) -> tuple[Resource, ...]:
        return RESOURCES

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        return next((each for each in self.list(kind, namespace) if each["metadata"]["name"] == name), None)

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        return [
            obj
            for obj in self.objects
            if obj["kind"] == kind
            and obj["metadata"].get("namespace", "") in ("", namespace or obj["metadata"].get("namespace"))
        ]

    def ask_pipelines(self, path: str, **query: str) -> Object | None:
        return self.api.get(path)

    def export(
        self, roots: str | tuple[str, ...], out: Path, namespace: str | None = None, laptop: Laptop = LAPTOP
    ) -> PromoteReport:
        return export_from(self, laptop, (roots,) if isinstance(roots, str) else roots, out, namespace)

    def bundle(
        self, *roots: str, namespace: str = "", laptop: Laptop = LAPTOP, out: Path = Path("not-there")
    ) -> Bundle:
        return plan_from(self, laptop, roots, out, namespace, dry=True).bundle


def obj(api_version: str, kind: str, name: str, namespace: str = "team", **content: Any) -> Object:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= content.pop("metadata", {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def service(name: str = "fraud", **model: Any) -> Object:
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": "file:///home/me/models/fraud"} | model
    return obj("serving.kserve.io/v1beta1", "InferenceService", name, spec={"predictor": {"model": model}})


def job(name: str = "learn", runtime: str = "torch-distributed", **spec: Any) -> Object:
    spec = {"runtimeRef": {"name": runtime, "kind": "ClusterTrainingRuntime"}} | spec
    return obj("trainer.kubeflow.org/v1alpha1", "TrainJob", name, spec=spec)


def runtime(name: str = "torch-distributed", kind: str = "ClusterTrainingRuntime", image: str = "x/y:1") -> Object:
    container = {"name": "node", "image": image} if image else {"name": "node"}
    pod = {"spec": {"containers": [container]}}
    replicated = [{"name": "node", "template": {"spec": {"template": pod}}}]
    namespace = "" if kind.startswith("Cluster") else "team"
    spec = {"template": {"spec": {"replicatedJobs": replicated}}}
    return obj("trainer.kubeflow.org/v1alpha1", kind, name, namespace, spec=spec)


def config(name: str, namespace: str = "team", **data: str) -> Object:
    return obj("v1", "ConfigMap", name, namespace, data=data)


def secret(name: str, namespace: str = "team", **data: str) -> Object:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return obj("v1", "Secret", name, namespace, data=encoded)


def env(name: str, ref: str, kind: str = "configMapKeyRef", key: str = "k", **more: Any) -> Object:
    return {"name": name, "valueFrom": {kind: {"name": ref, "key": key, **more}}}
