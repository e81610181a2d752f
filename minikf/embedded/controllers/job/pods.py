"""Makes the pods of a Job, named and labelled as kube-controller-manager does."""

from __future__ import annotations

import copy

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.controllers.job.podset import INDEX_KEY
from minikf.embedded.status import Object

UID_LABEL = "batch.kubernetes.io/controller-uid"
NAME_LABEL = "batch.kubernetes.io/job-name"
_INDEX_ENV = "JOB_COMPLETION_INDEX"


def make_pod(job: Object, index: int | None) -> Object:
    """The pod for one completion of `job`; `index` is None where the Job is not Indexed."""
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    template = copy.deepcopy(job["spec"]["template"])
    meta = template.get("metadata") or {}
    labels = dict(meta.get("labels") or {})
    # The two without a prefix are the older names, which Kubernetes still sets.
    labels |= {UID_LABEL: uid, NAME_LABEL: name, "controller-uid": uid, "job-name": name}
    annotations = dict(meta.get("annotations") or {})
    spec = template["spec"]
    prefix = f"{name}-"
    if index is not None:
        labels[INDEX_KEY] = annotations[INDEX_KEY] = str(index)
        spec["hostname"] = f"{name}-{index}"[:63].rstrip("-")
        prefix = f"{name}-{index}-"
        for container in (spec.get("initContainers") or []) + spec["containers"]:
            _add_index_variable(container)
    pod_meta: Object = {
        "generateName": prefix,
        "labels": labels,
        "annotations": annotations,
        "finalizers": meta.get("finalizers"),
        "ownerReferences": [owner_reference(job)],
    }
    kept = {key: value for key, value in pod_meta.items() if value}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": kept, "spec": spec}


def _add_index_variable(container: Object) -> None:
    variables = container.setdefault("env", [])
    if any(variable["name"] == _INDEX_ENV for variable in variables):
        return
    source = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX_KEY}']"}}
    variables.append({"name": _INDEX_ENV, "valueFrom": source})
