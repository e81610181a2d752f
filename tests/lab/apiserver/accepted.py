"""Objects as they leave one server and enter another: unchanged but for what only a server writes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .server import Server

Object = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """Where objects of one kind are: `/api/v1`, `configmaps`. `custom` ones need the CRDs on the real side."""

    root: str
    plural: str
    kind: str
    custom: bool = False
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return self.root.removeprefix("/apis/").removeprefix("/api/")

    def path(self, meta: Object) -> str:
        """The collection that an object with this metadata lives in."""
        if not self.namespaced:
            return f"{self.root}/{self.plural}"
        return f"{self.root}/namespaces/{meta['namespace']}/{self.plural}"


_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_SERVING = "/apis/serving.kserve.io/v1alpha1"
# In the order in which they are created: pods need their accounts, jobs their volumes.
RESOURCES = (
    Resource("/api/v1", "serviceaccounts", "ServiceAccount"),
    Resource("/api/v1", "configmaps", "ConfigMap"),
    Resource("/api/v1", "secrets", "Secret"),
    Resource("/api/v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    Resource("/api/v1", "services", "Service"),
    Resource("/api/v1", "pods", "Pod"),
    Resource("/api/v1", "events", "Event"),
    Resource("/apis/batch/v1", "jobs", "Job"),
    Resource(_TRAINER, "clustertrainingruntimes", "ClusterTrainingRuntime", custom=True, namespaced=False),
    Resource(_TRAINER, "trainingruntimes", "TrainingRuntime", custom=True),
    Resource(_TRAINER, "trainjobs", "TrainJob", custom=True),
    Resource(_SERVING, "clusterservingruntimes", "ClusterServingRuntime", custom=True, namespaced=False),
    Resource(_SERVING, "servingruntimes", "ServingRuntime", custom=True),
    Resource("/apis/serving.kserve.io/v1beta1", "inferenceservices", "InferenceService", custom=True),
)
_SERVERS_OWN = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_STATUS = frozenset({"Pod", "Job", "PersistentVolumeClaim", "TrainJob", "InferenceService"})


def objects_of(server: Server, resource: Resource) -> Iterator[Object]:
    """Every object of the resource in all namespaces, in full."""
    code, told = server.request("GET", f"{resource.root}/{resource.plural}")
    if code != 200:
        raise RuntimeError(f"{server.name}: listing {resource.plural} answered {code}: {told.get('message')}")
    for item in told["items"]:
        yield item | {"apiVersion": resource.api_version, "kind": resource.kind}


def as_manifest(obj: Object) -> Object:
    """The object as a person would write it: no status, and nothing that a server fills in about its life."""
    out = copy.deepcopy(obj)
    out.pop("status", None)
    for key in _SERVERS_OWN:
        out["metadata"].pop(key, None)
    if out["kind"] == "Service":  # addresses belong to the cluster that hands them out
        for key in ("clusterIP", "clusterIPs"):
            out["spec"].pop(key, None)
    if out["kind"] == "Job":  # the server makes the selector, and the labels that it selects
        out["spec"].pop("selector", None)
        labels = out["spec"]["template"].get("metadata", {}).get("labels", {})
        for key in [key for key in labels if key.endswith(("controller-uid", "job-name"))]:
            del labels[key]
    return out


@dataclass
class Replayed:
    """How many objects of each kind were accepted, and a line for each that was refused or warned about."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def replay(source: Server, target: Server, resources: tuple[Resource, ...]) -> Replayed:
    """Creates the source's objects on the target with strict validation, and writes their status there."""
    out = Replayed()
    namespaces: set[str] = set()
    for resource in resources:
        for obj in objects_of(source, resource):
            namespace = obj["metadata"].get("namespace", "")
            if namespace and namespace not in namespaces:
                _namespace(target, namespace)
                namespaces.add(namespace)
            lines = _put(target, resource, obj)
            out.refused += lines
            out.accepted[resource.kind] += not lines
    return out


def _namespace(target: Server, name: str) -> None:
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    for path, body in (
        ("/api/v1/namespaces", {"metadata": {"name": name}}),
        (f"/api/v1/namespaces/{name}/serviceaccounts", account),
    ):
        code, told = target.request("POST", path, body)
        if code not in (201, 409):
            raise RuntimeError(f"{target.name}: {path} answered {code}: {told.get('message')}")


def _put(target: Server, resource: Resource, obj: Object) -> list[str]:
    meta = obj["metadata"]
    who = f"{resource.kind} {meta.get('namespace', '')}/{meta['name']}"
    path = resource.path(meta)
    answer = target.send("POST", f"{path}?fieldValidation=Strict", as_manifest(obj))
    if resource.kind == "ServiceAccount" and answer.status == 409:  # the namespace's default one is there already
        return []
    if answer.status != 201:
        return [f"{who}: {answer.status} {answer.body.get('message')}"]
    lines = [f"{who}: warning {warning}" for warning in answer.warnings]
    if obj.get("status") and resource.kind in _STATUS:
        body = answer.body | {"status": obj["status"]}
        told = target.send("PUT", f"{path}/{meta['name']}/status?fieldValidation=Strict", body)
        if told.status != 200:
            lines.append(f"{who} (status): {told.status} {told.body.get('message')}")
    return lines
