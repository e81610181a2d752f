"""The pods of a Trial: how they are known, and what their admission adds, as Katib's webhook for pods does.

kubeflow/katib v0.19.0, pkg/webhook/v1beta1/pod. Of the collectors' containers only the user's own is added: for the
others the daemon reads logs and files itself.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING

from minikf.embedded import kinds
from minikf.embedded.controllers.base import controller_of
from minikf.embedded.defaults import default_object
from minikf.embedded.kinds import EXPERIMENT, POD, TRIAL, Kind
from minikf.embedded.status import Object
from minikf.embedded.tuning.checkpoints import mount, trial_folder
from minikf.embedded.tuning.collectors import REPORTED, kind_of, way_of
from minikf.embedded.tuning.reporting import Door, connect
from minikf.embedded.tuning.states import TRIAL_LABEL

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

TRIAL_VARIABLE = "KATIB_TRIAL_NAME"
METRICS_VOLUME = "metrics-volume"
_MOST_OWNERS = 4  # Pod, Job, TrainJob, Trial


def trial_pod_admission(objects: Objects, door: Door) -> Admission:
    """The hook for `Objects.admission`: labels, the trial's name as a variable, the volume of its metrics files.

    Trials that report their metrics themselves learn where (`reporting.py`).
    """

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind is not POD or old is not None or not obj["metadata"].get("ownerReferences"):
            return
        trial = trial_of(objects, obj)
        if trial is not None:
            _mark(obj, trial, experiment_of(objects, trial))
            if way_of(trial["spec"].get("metricsCollector")) == REPORTED:
                connect(obj, door.host)
                default_object(POD, obj)  # what was added is completed as the rest was

    return admit


def experiment_of(objects: Objects, trial: Object) -> Object | None:
    """The Experiment that a Trial belongs to, or None for one that somebody made by hand."""
    reference = controller_of(trial)
    if reference is None or reference["kind"] != EXPERIMENT.kind:
        return None
    entry = objects.find(EXPERIMENT, trial["metadata"]["namespace"], reference["name"])
    return entry.obj if entry is not None and entry.uid == reference["uid"] else None


def trial_of(objects: Objects, obj: Object) -> Object | None:
    """The Trial that an object belongs to by its owners, or None."""
    namespace = obj["metadata"]["namespace"]
    for _ in range(_MOST_OWNERS):
        references = obj["metadata"].get("ownerReferences") or []
        found = None
        for reference in references:
            kind = kinds.of(reference.get("apiVersion", ""), reference.get("kind", ""))
            entry = objects.find(kind, namespace, reference["name"]) if kind is not None and kind.namespaced else None
            if entry is not None and entry.uid == reference.get("uid"):
                if kind is TRIAL:
                    return entry.obj
                found = found or entry.obj
        if found is None:
            return None
        obj = found
    return None


def is_primary(labels: Mapping[str, str], trial: Object) -> bool:
    wanted = trial["spec"].get("primaryPodLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def metrics_path(trial: Object) -> str:
    """Where the trial's container writes its metrics, or "" where it writes no file."""
    spec = trial["spec"].get("metricsCollector") or {}
    if kind_of(spec) not in ("File", "TensorFlowEvent", "Custom"):
        return ""
    return str(((spec.get("source") or {}).get("fileSystemPath") or {}).get("path") or "")


def metrics_folder(trial: Object) -> str:
    """The folder that is mounted for `metrics_path`."""
    path = metrics_path(trial)
    spec = trial["spec"]["metricsCollector"]
    if kind_of(spec) == "File" or spec["source"]["fileSystemPath"].get("kind") == "File":
        path = path.rpartition("/")[0]
    return "/" + path.strip("/")


def _mark(pod: Object, trial: Object, experiment: Object | None) -> None:
    meta, spec = pod["metadata"], pod["spec"]
    # Asked by the pod's own labels, before the trial's are added.
    primary = is_primary(meta.get("labels") or {}, trial)
    own = trial["metadata"].get("labels") or {}
    meta["labels"] = {**(meta.get("labels") or {}), **own, TRIAL_LABEL: trial["metadata"]["name"]}
    name = trial["spec"].get("primaryContainerName")
    container = next((one for one in spec["containers"] if one["name"] == name), None)
    if container is None:
        return
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{TRIAL_LABEL}']"}}
    container.setdefault("env", []).append({"name": TRIAL_VARIABLE, "valueFrom": source})
    if primary and experiment is not None and trial_folder(experiment):
        volume, place = mount(experiment, trial["metadata"]["name"])
        spec.setdefault("volumes", []).append(volume)
        container.setdefault("volumeMounts", []).append(place)
    if not primary:
        return
    collector = trial["spec"].get("metricsCollector") or {}
    own = collector.get("collector", {}).get("customCollector") if kind_of(collector) == "Custom" else None
    beside = [copy.deepcopy(own)] if own else []
    spec["containers"] += beside
    if metrics_path(trial):
        _share(spec, container, beside, metrics_folder(trial))


def _share(spec: Object, container: Object, beside: list[Object], folder: str) -> None:
    """Mounts the volume of the metrics at `folder`: the one that the trial has there, or one of its own."""
    mounts = container.setdefault("volumeMounts", [])
    found = next((one for one in mounts if "/" + one["mountPath"].strip("/") == folder), None)
    if found is None:
        found = {"name": METRICS_VOLUME, "mountPath": folder}
        mounts.append(found)
        spec.setdefault("volumes", []).append({"name": METRICS_VOLUME, "emptyDir": {}})
    for one in beside:
        theirs = one.setdefault("volumeMounts", [])
        if all("/" + mount["mountPath"].strip("/") != folder for mount in theirs):
            theirs.append(dict(found))
