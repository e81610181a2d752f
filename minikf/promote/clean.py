"""An object as its author would write it: without what the server, controllers and MiniKF added."""

from __future__ import annotations

import copy
import re

from minikf.promote.managed import users_own
from minikf.promote.model import Changed, Object, ref_of

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OURS = re.compile(r"([a-z0-9.-]+\.)?minikf(\.[a-z0-9.-]+)?/")
# Written by the volume controllers when a claim is bound (k8s.io/component-helpers/storage/volume).
_OF_BINDING = re.compile(r"(pv\.kubernetes\.io|volume\.kubernetes\.io|volume\.beta\.kubernetes\.io)/")
# What notebook-controller writes about the use of a Notebook (kubeflow/kubeflow v1.10.0, pkg/culler).
_OF_CULLING = re.compile(r"notebooks\.kubeflow\.org/last[-_]activity")
# Classes that k3d and kind bring along; another cluster has them only by chance.
LAPTOP_CLASSES = frozenset({"local-path", "standard", "hostpath"})
# The default that the CRD of TrainJob gives the field; a target with another controller has another default.
_TRAINJOB_CONTROLLER = "trainer.kubeflow.org/trainjob-controller"


def clean(obj: Object) -> Changed:
    """`obj` with the user's own fields only, in no namespace: kubectl or the overlay chooses that."""
    own = copy.deepcopy(users_own(obj))
    metadata = own["metadata"]
    own["metadata"] = {"name": metadata["name"]}
    for part in ("labels", "annotations"):
        kept = {key: value for key, value in (metadata.get(part) or {}).items() if _is_users(key)}
        if kept:
            own["metadata"][part] = kept
    own.pop("status", None)
    if own["kind"] == "TrainJob" and own.get("spec", {}).get("managedBy") == _TRAINJOB_CONTROLLER:
        del own["spec"]["managedBy"]
    warnings = _unbind(own) if own["kind"] == "PersistentVolumeClaim" else ()
    ordered = {key: own.pop(key) for key in ("apiVersion", "kind", "metadata")}
    return Changed(ordered | dict(sorted(own.items())), warnings)


def _is_users(key: str) -> bool:
    controllers = (_OURS, _OF_BINDING, _OF_CULLING)
    return key != _LAST_APPLIED and not any(each.match(key) for each in controllers)


def _unbind(claim: Object) -> tuple[str, ...]:
    """Takes from a claim what names this platform's volumes."""
    spec = claim.get("spec", {})
    spec.pop("volumeName", None)
    storage_class = spec.get("storageClassName")
    if storage_class in LAPTOP_CLASSES:
        del spec["storageClassName"]
        return (f"{ref_of(claim)}: storage class '{storage_class}' is left out, the target's default class is used",)
    if storage_class:
        return (f"{ref_of(claim)} asks for storage class '{storage_class}'; the target must have it",)
    return ()
