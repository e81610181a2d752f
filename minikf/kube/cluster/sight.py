"""One look at a cluster: its nodes, its DNS, its default storage class and the pods that all of it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minikf.kube.cluster.pods import Ailment, ailing, condition, well
from minikf.kube.rest import RestClient

Object = Mapping[str, Any]

SYSTEM = "kube-system"
# The label of the cluster's DNS whichever it is: kubeadm, k3s and the clouds keep the name of CoreDNS' predecessor.
DNS_LABEL = "k8s-app=kube-dns"
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_BETA = "storageclass.beta.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Node:
    """`cause` says why it is not ready, or under which pressure it is."""

    name: str
    ready: bool
    version: str
    cause: str = ""
    cordoned: bool = False


@dataclass(frozen=True)
class Dns:
    """The deployment of the cluster's DNS. `available` says that one replica at least answers."""

    name: str
    available: bool
    replicas: int
    ready: int
    cause: str = ""


def version(client: RestClient) -> str:
    """As `v1.34.4`."""
    return str(client.get("/version").get("gitVersion", ""))


def nodes(client: RestClient) -> list[Node]:
    return [_node(item) for item in client.get("/api/v1/nodes").get("items") or ()]


def dns(client: RestClient) -> Dns | None:
    """None where no deployment carries the label of DNS, as before a cluster has come so far."""
    found = client.get(f"/apis/apps/v1/namespaces/{SYSTEM}/deployments?labelSelector={DNS_LABEL}").get("items") or ()
    return _dns(found[0]) if found else None


def reported_since(client: RestClient, since: datetime) -> set[str]:
    """The nodes whose kubelet has reported after `since`: what is told of others may be from before a restart."""
    leases = client.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases").get("items") or ()
    return {str(one["metadata"]["name"]) for one in leases if _later(one["spec"].get("renewTime"), since)}


def dns_started_since(client: RestClient, since: datetime) -> bool:
    """Whether a pod of DNS is ready whose containers started after `since`."""
    pods = client.get(f"/api/v1/namespaces/{SYSTEM}/pods?labelSelector={DNS_LABEL}").get("items") or ()
    for pod in pods:
        status = pod.get("status", {})
        started = [
            (one.get("state") or {}).get("running", {}).get("startedAt")
            for one in status.get("containerStatuses") or ()
        ]
        if condition(status, "Ready").get("status") == "True" and started and all(_later(at, since) for at in started):
            return True
    return False


def _later(text: str | None, since: datetime) -> bool:
    """Kubernetes tells whole seconds of containers' starts, so the second of `since` itself counts as later."""
    return bool(text) and datetime.fromisoformat(str(text)) >= since.replace(microsecond=0)


def default_storage_class(client: RestClient) -> str:
    """Its name; "" where there is none."""
    return next((name for name, default in _classes(client) if default), "")


def storage_classes(client: RestClient) -> list[str]:
    return [name for name, _ in _classes(client)]


def system_pods(client: RestClient) -> list[dict[str, Any]]:
    return list(client.get(f"/api/v1/namespaces/{SYSTEM}/pods").get("items") or ())


def ailments(client: RestClient, pods: Sequence[Object]) -> list[Ailment]:
    """What ails these pods of kube-system; the events are asked for only where something does."""
    if all(well(pod) for pod in pods):
        return []
    path = f"/api/v1/namespaces/{SYSTEM}/events?fieldSelector=involvedObject.kind%3DPod%2Ctype%3DWarning"
    return ailing(pods, client.get(path).get("items") or ())


def _classes(client: RestClient) -> Iterator[tuple[str, bool]]:
    """Name, and whether it is the default one."""
    for item in client.get("/apis/storage.k8s.io/v1/storageclasses").get("items") or ():
        marks = item["metadata"].get("annotations") or {}
        yield str(item["metadata"]["name"]), "true" in (marks.get(_DEFAULT), marks.get(_DEFAULT_BETA))


def _node(item: Object) -> Node:
    status = item.get("status", {})
    ready = condition(status, "Ready")
    pressures = [kind for kind in _PRESSURES if condition(status, kind).get("status") == "True"]
    causes = [f"{kind}: {condition(status, kind).get('message', '')}" for kind in pressures]
    if ready.get("status") != "True":
        why = f"{ready.get('reason', '')}: {ready.get('message', '')}" if ready else "its kubelet has said nothing yet"
        causes.insert(0, " ".join(why.split()))
    return Node(
        name=str(item["metadata"]["name"]),
        ready=ready.get("status") == "True",
        version=str(status.get("nodeInfo", {}).get("kubeletVersion", "")),
        cause="; ".join(causes),
        cordoned=bool(item.get("spec", {}).get("unschedulable")),
    )


def _dns(item: Object) -> Dns:
    status, wanted = item.get("status", {}), int(item.get("spec", {}).get("replicas", 1))
    current = int(status.get("observedGeneration") or 0) >= int(item["metadata"].get("generation") or 0)
    causes = [
        " ".join(f"{one.get('reason', '')}: {one.get('message', '')}".split())
        for one in (condition(status, "ReplicaFailure"), condition(status, "Available"))
        if one.get("status") == ("True" if one.get("type") == "ReplicaFailure" else "False")
    ]
    # Not the condition: with one replica, of which one may be missing, it is true of a deployment that has none.
    answers = current and int(status.get("availableReplicas") or 0) > 0
    if not wanted:
        causes = ["it is scaled to 0 replicas"]
    return Dns(
        name=str(item["metadata"]["name"]),
        available=answers,
        replicas=wanted,
        ready=int(status.get("readyReplicas") or 0),
        cause=causes[0] if causes else "",
    )
