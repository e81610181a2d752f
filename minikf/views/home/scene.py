"""The objects of a platform at one moment, as far as causes are looked for in them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from minikf.install.selecting import selects
from minikf.kube.shapes import mapping, mappings

Object = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A kind and where the API lists it. `cluster` is one that the embedded engine does not have."""

    kind: str
    api_version: str
    plural: str
    cluster: bool = False
    query: str = ""

    @property
    def path(self) -> str:
        base = "/api/" if "/" not in self.api_version else "/apis/"
        return f"{base}{self.api_version}/{self.plural}{self.query}"


# Events of warnings only: a claim, a pod or a controller has said there what its status does not.
SOURCES = (
    Source("Pod", "v1", "pods"),
    Source("Event", "v1", "events", query="?fieldSelector=type%3DWarning"),
    Source("PersistentVolumeClaim", "v1", "persistentvolumeclaims"),
    Source("ResourceQuota", "v1", "resourcequotas"),
    Source("Service", "v1", "services"),
    Source("Job", "batch/v1", "jobs"),
    Source("TrainJob", "trainer.kubeflow.org/v1alpha1", "trainjobs"),
    Source("Experiment", "kubeflow.org/v1beta1", "experiments"),
    Source("Trial", "kubeflow.org/v1beta1", "trials"),
    Source("InferenceService", "serving.kserve.io/v1beta1", "inferenceservices"),
    Source("Notebook", "kubeflow.org/v1", "notebooks"),
    Source("Node", "v1", "nodes", cluster=True),
    Source("StorageClass", "storage.k8s.io/v1", "storageclasses", cluster=True),
    Source("Deployment", "apps/v1", "deployments", cluster=True),
    Source("StatefulSet", "apps/v1", "statefulsets", cluster=True),
    Source("DaemonSet", "apps/v1", "daemonsets", cluster=True),
    Source("ReplicaSet", "apps/v1", "replicasets", cluster=True),
    Source("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers", cluster=True),
    Source("JobSet", "jobset.x-k8s.io/v1alpha2", "jobsets", cluster=True),
    Source("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", True),
    Source(
        "ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", True
    ),
)
BY_KIND = {source.kind: source for source in SOURCES}

# Whose pods have no owner that is in the scene: by these labels they belong to it nevertheless.
_LABELS = {
    "TrainJob": "jobset.sigs.k8s.io/jobset-name",
    "JobSet": "jobset.sigs.k8s.io/jobset-name",
    "InferenceService": "serving.kserve.io/inferenceservice",
    "Notebook": "notebook-name",
}


@dataclass(frozen=True)
class Scene:
    """`objects` by kind; a kind that is not there could not be read or is not served. `logs` are last lines of
    containers by `namespace/pod/container`; `kubectl` begins a command for this platform."""

    objects: Mapping[str, Sequence[Object]]
    logs: Mapping[str, str] = field(default_factory=dict)
    kubectl: str = "kubectl"
    platform: str = "default"
    embedded: bool = False

    def of(self, kind: str) -> Sequence[Object]:
        return self.objects.get(kind, ())

    def find(self, kind: str, namespace: str, name: str) -> Object | None:
        return self._by_name.get((kind, namespace, name))

    def children(self, kind: str, obj: Object) -> list[Object]:
        """What belongs to an object: by owner, else by label or selector; those of a kind that is nearer first."""
        owned = self._owned.get(uid(obj), [])
        if owned:
            return owned
        label = _LABELS.get(kind)
        if label is not None:
            wanted = name(obj)
            return [
                pod for pod in self.of("Pod") if namespace(pod) == namespace(obj) and labels(pod).get(label) == wanted
            ]
        selector = mapping(obj.get("spec")).get("selector")
        if kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job") and selector:
            return self.selected(namespace(obj), selector)
        return []

    def selected(self, space: str, selector: Mapping[str, Any]) -> list[Object]:
        """The pods of a namespace that a LabelSelector selects."""
        return [pod for pod in self.of("Pod") if namespace(pod) == space and selects(selector, labels(pod))]

    def behind(self, service: Object) -> list[Object]:
        """The pods behind a Service; none for one without a selector."""
        chosen = mapping(mapping(service.get("spec")).get("selector"))
        return self.selected(namespace(service), {"matchLabels": chosen}) if chosen else []

    def warnings(self, obj: Object) -> list[Object]:
        """The warnings about an object, newest first."""
        return self._warnings.get(uid(obj), [])

    def owner(self, obj: Object) -> Object | None:
        """What an object belongs to, where that is in the scene."""
        for reference in mappings(mapping(obj.get("metadata")).get("ownerReferences")):
            if (found := self._by_uid.get(str(reference.get("uid")))) is not None:
                return found
        return None

    @property
    def has_gpus(self) -> bool:
        return any(
            resource.endswith("/gpu")
            for node in self.of("Node")
            for resource in mapping(mapping(node.get("status")).get("allocatable"))
        )

    @cached_property
    def _by_name(self) -> dict[tuple[str, str, str], Object]:
        return {(kind, namespace(obj), name(obj)): obj for kind, obj in self._all()}

    @cached_property
    def _by_uid(self) -> dict[str, Object]:
        return {uid(obj): obj for kind, obj in self._all() if kind != "Event"}

    @cached_property
    def _owned(self) -> dict[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for kind, obj in self._all():
            if kind != "Event":
                for reference in mappings(mapping(obj.get("metadata")).get("ownerReferences")):
                    found.setdefault(str(reference.get("uid")), []).append(obj)
        return found

    @cached_property
    def _warnings(self) -> dict[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for event in sorted(self.of("Event"), key=when, reverse=True):
            found.setdefault(str(mapping(event.get("involvedObject")).get("uid")), []).append(event)
        return found

    def _all(self) -> Iterator[tuple[str, Object]]:
        for kind, objects in self.objects.items():
            for obj in objects:
                yield kind, obj


def name(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("name") or "")


def namespace(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("namespace") or "")


def uid(obj: Object) -> str:
    return str(mapping(obj.get("metadata")).get("uid") or "")


def labels(obj: Object) -> dict[str, Any]:
    return mapping(mapping(obj.get("metadata")).get("labels"))


def when(event: Object) -> str:
    """When an event was last: of the three times the one that is there (core/v1 and events/v1 write different ones)."""
    series = mapping(event.get("series"))
    made = mapping(event.get("metadata")).get("creationTimestamp")
    return str(series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or made or "")


def with_kind(source: Source, obj: Object) -> Object:
    """An item of a list, which has neither its kind nor its version, with both."""
    return {**obj, "apiVersion": source.api_version, "kind": source.kind}
