"""The live lists: which kinds they show and where the API serves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from minikf.views import judge
from minikf.views.items import Item, Object, Verdict, mapping, mappings

STATUS = "status"


@dataclass(frozen=True)
class View:
    """One list. `base` is the API's path before the namespace; `owner_label` is on the pods of such an object."""

    kind: str
    title: str
    short: str
    object_kind: str
    base: str
    info: str
    judge: Callable[[Object], Verdict]
    owner_label: str = ""

    @property
    def path(self) -> str:
        """All namespaces."""
        return f"{self.base}/{self.kind}"


VIEWS = (
    View(
        "trainjobs", "TrainJobs", "Train", "TrainJob", "/apis/trainer.kubeflow.org/v1alpha1", "RUNTIME",
        judge.train_job, "jobset.sigs.k8s.io/jobset-name",
    ),
    View(
        "inferenceservices", "Services", "Serve", "InferenceService", "/apis/serving.kserve.io/v1beta1", "URL",
        judge.inference_service, "serving.kserve.io/inferenceservice",
    ),
    View("pods", "Pods", "Pods", "Pod", "/api/v1", "READY", judge.pod),
    View("jobs", "Jobs", "Jobs", "Job", "/apis/batch/v1", "DONE", judge.job, "batch.kubernetes.io/job-name"),
)  # fmt: skip
BY_KIND = {view.kind: view for view in VIEWS}


def pods_of(item: Item, pods: list[Item]) -> list[Item]:
    """The pods that do an item's work, worst first; of a pod, itself."""
    if item.kind == "pods":
        return [item]
    label = BY_KIND[item.kind].owner_label
    return [
        each
        for each in pods
        if each.namespace == item.namespace
        and mapping(mapping(each.obj.get("metadata")).get("labels")).get(label) == item.name
    ]


def containers_of(pod: Item) -> list[str]:
    """Names in the order in which they run: init containers first."""
    spec = mapping(pod.obj.get("spec"))
    every = [*mappings(spec.get("initContainers")), *mappings(spec.get("containers"))]
    return [str(each.get("name", "")) for each in every]


def log_path(namespace: str, pod: str, container: str) -> str:
    """Where the API serves a container's log, without what to say about it."""
    return f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log?container={quote(container)}"


def events_path(item: Item) -> str:
    """The Events about an item."""
    selector = f"involvedObject.name={item.name},involvedObject.kind={BY_KIND[item.kind].object_kind}"
    return f"/api/v1/namespaces/{quote(item.namespace)}/events?fieldSelector={quote(selector)}"
