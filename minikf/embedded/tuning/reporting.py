"""What pods get whose programs report a trial's metrics themselves: the collectors Push and Custom; pure.

kubeflow/katib v0.19.0: pkg/webhook/v1beta1/pod/inject_webhook.go adds the collector's container and its volume;
sdk/python/v1beta1/kubeflow/katib/api/report_metrics.py calls the db-manager by its name, after it has read the file
`namespace` of the pod's service account. The volume is the one that a cluster gives to every pod
(kubernetes v1.34, plugin/pkg/admission/serviceaccount); here only such pods get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikf.embedded.pods.environment import SERVICE_ACCOUNT
from minikf.embedded.status import Object
from minikf.embedded.tuning.dbmanager.address import NAMES, PORT

ACCOUNT_VOLUME = "kube-api-access-katib"
_TOKEN_SECONDS = 3607


@dataclass(frozen=True)
class Door:
    """The address of the platform's db-manager, and whether pods can be told of it."""

    host: str
    can_mount: Callable[[], bool]

    def why_closed(self, kind: str) -> str:
        """Why trials with this collector cannot report here, or ""."""
        if self.can_mount():
            return ""
        return (
            f"a {kind} collector needs {NAMES[0]}:{PORT}, a name that cannot be given to a pod here: this machine's "
            "processes have no mounts of their own; print the metrics instead, as name=value (StdOut), or use an "
            "engine with containers: minikf up --engine k3d"
        )


def connect(pod: Object, host: str) -> None:
    """Makes the db-manager known to the pod, by its name on a cluster, and its namespace to the containers."""
    spec = pod["spec"]
    spec.setdefault("hostAliases", []).append({"ip": host, "hostnames": list(NAMES)})
    if spec.get("automountServiceAccountToken") is False:
        return
    mounted = False
    for container in spec["containers"]:
        mounts = container.setdefault("volumeMounts", [])
        if all("/" + one["mountPath"].strip("/") != SERVICE_ACCOUNT for one in mounts):
            mounts.append({"name": ACCOUNT_VOLUME, "mountPath": SERVICE_ACCOUNT, "readOnly": True})
            mounted = True
    if mounted:
        spec.setdefault("volumes", []).append(_account_volume())


def _account_volume() -> Object:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    certificate = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": _TOKEN_SECONDS}},
        {"configMap": certificate},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": ACCOUNT_VOLUME, "projected": {"defaultMode": 0o644, "sources": sources}}
