"""What the API server itself adds to an object of a core kind: nobody manages it, unlike a default.

k8s.io/kubernetes v1.34.4, pkg/registry/batch/job/strategy.go and pkg/registry/core/service/storage.
"""

from __future__ import annotations

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.status import Object

_JOB_UID, _JOB_NAME = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"


def generate(kind: Kind, obj: Object, old: Object | None) -> None:
    """Completes a new or changed object in place, once it is known who manages what of it."""
    if kind is kinds.JOB and old is None:
        _select_own_pods(obj)
    elif kind is kinds.SERVICE:
        _choose_addresses(obj["spec"])


def _select_own_pods(obj: Object) -> None:
    """Labels that tell this job's pods from all others (generateSelector)."""
    spec, uid = obj["spec"], obj["metadata"].get("uid")
    if spec.get("manualSelector") or not uid:
        return
    name = obj["metadata"].get("name", "")
    metadata = spec["template"].setdefault("metadata", {})
    generated = {_JOB_UID: uid, _JOB_NAME: name, "controller-uid": uid, "job-name": name}
    metadata["labels"] = (metadata.get("labels") or {}) | generated
    if not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(metadata["labels"])
    selector = spec.get("selector") or {}
    spec["selector"] = selector | {"matchLabels": (selector.get("matchLabels") or {}) | {_JOB_UID: uid}}


def _choose_addresses(spec: Object) -> None:
    """The families of addresses of a machine that has IPv4 alone, and the list that one address makes.

    No service gets a virtual address here: only one that says so, or says None, has any.
    """
    if spec.get("type") == "ExternalName":
        return
    spec["ipFamilyPolicy"] = spec.get("ipFamilyPolicy") or "SingleStack"
    spec["ipFamilies"] = spec.get("ipFamilies") or ["IPv4"]
    if spec.get("clusterIP"):
        spec["clusterIPs"] = [spec["clusterIP"]]
