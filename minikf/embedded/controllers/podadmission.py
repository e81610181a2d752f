"""What the admission of a cluster fills into a new pod, so that one reads the same here and there.

kubernetes v1.34.4: plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds} and pkg/registry/core/pod.
No credential is mounted: the account's token would be the platform's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.kinds import POD, SERVICE_ACCOUNT, Kind
from minikf.embedded.pods.resources import qos_class
from minikf.embedded.status import Object, forbidden

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS = 300
_PRIORITY = {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
_DEFAULT_ACCOUNT = "default"


def pod_admission(objects: Objects) -> Admission:
    """Account, priority, tolerations and QoS class of pods. Raises ApiError 403 for an account that is not there.

    The account `default` is never missed: every namespace gets it, perhaps a moment after its first pod.
    """

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind is not POD:
            return
        spec, meta = obj["spec"], obj["metadata"]
        _tolerate(spec)
        if old is not None:
            for field in _PRIORITY:
                if field in old["spec"]:
                    spec.setdefault(field, old["spec"][field])
            return
        account = spec.get("serviceAccountName") or _DEFAULT_ACCOUNT
        if account != _DEFAULT_ACCOUNT and objects.find(SERVICE_ACCOUNT, meta["namespace"], account) is None:
            where = f"error looking up service account {meta['namespace']}/{account}"
            why = f'{where}: serviceaccount "{account}" not found'
            raise forbidden(kind.group, kind.plural, meta["name"], why)
        spec["serviceAccountName"] = spec["serviceAccount"] = account
        if not spec.get("priorityClassName"):
            for field, value in _PRIORITY.items():
                spec.setdefault(field, value)
        if spec.get("terminationGracePeriodSeconds", 0) < 0:
            spec["terminationGracePeriodSeconds"] = 1
        obj["status"] = {**(obj.get("status") or {}), "qosClass": qos_class(spec)}

    return admit


def _tolerate(spec: Object) -> None:
    """Pods stay five minutes on a node that is not ready or not reachable, unless they say otherwise."""
    tolerations = list(spec.get("tolerations") or ())
    for taint in _TAINTS:
        covered = any(
            (one.get("key") or taint) == taint and (one.get("effect") or "NoExecute") == "NoExecute"
            for one in tolerations
        )
        if not covered:
            entry = {"key": taint, "operator": "Exists", "effect": "NoExecute"}
            tolerations.append(entry | {"tolerationSeconds": _TOLERATED_SECONDS})
    spec["tolerations"] = tolerations
