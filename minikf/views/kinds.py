"""The live lists: which kinds they show, where the API serves them, and what their columns are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from minikf.kube.shapes import Object, mapping, mappings
from minikf.views import judge, judge_others
from minikf.views.columns import NAMESPACE, STATE, Column, around, info
from minikf.views.items import Item, Verdict
from minikf.views.text import age, now, plain

STATUS = "status"
TRAINER, OPERATOR, KATIB = "/apis/trainer.kubeflow.org/v1alpha1", "/apis/kubeflow.org/v1", "/apis/kubeflow.org/v1beta1"
OPERATOR_LABEL = "training.kubeflow.org/job-name"
"""On each pod of a job of the Training Operator (its v1 API, JobNameLabel)."""


@dataclass(frozen=True)
class View:
    """One list. `base` is the API's path before the namespace; `owner_label` is on the pods of such an object.

    `kind` is the plural of `object_kind`; `info` says what the short word of its verdict is.
    """

    kind: str
    title: str
    short: str
    object_kind: str
    base: str
    info: str
    judge: Callable[[Object], Verdict]
    owner_label: str = ""
    columns: tuple[Column, ...] = ()

    @property
    def path(self) -> str:
        """All namespaces."""
        return f"{self.base}/{self.kind}"

    @property
    def api_version(self) -> str:
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return self.columns or around(info(self.info))

    def object_path(self, namespace: str, name: str) -> str:
        """Where the API serves one object; `namespace` is "" of what is in none."""
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        return f"{self.base}{scope}/{self.kind}/{quote(name, safe='')}"


def _operator(kind: str, object_kind: str) -> View:
    return View(kind, f"{object_kind}s", object_kind, object_kind, OPERATOR, "REPLICAS", judge_others.training_job,
                OPERATOR_LABEL)  # fmt: skip


def _last_seen(item: Item) -> str:
    return plain(str(item.obj.get("lastTimestamp") or item.obj.get("eventTime") or item.created))


_EVENT_COLUMNS = (
    Column("AGE", lambda item: age(_last_seen(item), now()), sort=_last_seen),
    STATE, NAMESPACE, info("ABOUT", 0),
    Column("TIMES", lambda item: str(item.obj.get("count") or 1), 80, sort=lambda item: item.obj.get("count") or 1),
    Column("WHAT", lambda item: item.verdict.cause, 60),
)  # fmt: skip

VIEWS = (
    View("trainjobs", "TrainJobs", "Train", "TrainJob", TRAINER, "RUNTIME", judge.train_job,
         "jobset.sigs.k8s.io/jobset-name"),
    _operator("pytorchjobs", "PyTorchJob"), _operator("tfjobs", "TFJob"), _operator("mpijobs", "MPIJob"),
    _operator("xgboostjobs", "XGBoostJob"), _operator("jaxjobs", "JAXJob"), _operator("paddlejobs", "PaddleJob"),
    View("experiments", "Experiments", "Exp", "Experiment", KATIB, "TRIALS", judge_others.experiment),
    View("trials", "Trials", "Trials", "Trial", KATIB, "PARAMETERS", judge_others.trial,
         "katib.kubeflow.org/trial"),
    View("inferenceservices", "Services", "Serve", "InferenceService", "/apis/serving.kserve.io/v1beta1", "URL",
         judge.inference_service, "serving.kserve.io/inferenceservice"),
    View("notebooks", "Notebooks", "Notes", "Notebook", OPERATOR, "INFO", judge_others.notebook, "notebook-name"),
    View("pods", "Pods", "Pods", "Pod", "/api/v1", "READY", judge.pod),
    View("jobs", "Jobs", "Jobs", "Job", "/apis/batch/v1", "DONE", judge.job, "batch.kubernetes.io/job-name"),
    View("persistentvolumeclaims", "Claims", "Claims", "PersistentVolumeClaim", "/api/v1", "SIZE", judge_others.claim),
    View("events", "Events", "Events", "Event", "/api/v1", "ABOUT", judge_others.event, columns=_EVENT_COLUMNS),
)  # fmt: skip
BY_KIND = {view.kind: view for view in VIEWS}
TRAINING = ("trainjobs", "pytorchjobs", "tfjobs", "mpijobs", "xgboostjobs", "jaxjobs", "paddlejobs")


def pods_of(item: Item, pods: list[Item]) -> list[Item]:
    """The pods that do an item's work, worst first; of a pod, itself."""
    if item.kind == "pods":
        return [item]
    label = BY_KIND[item.kind].owner_label
    return [
        each
        for each in pods
        if label
        and each.namespace == item.namespace
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
