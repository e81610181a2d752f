"""What a cluster's nodes have for pods, and what others' pods have of it already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minikf.install.fit import Room
from minikf.kube.rest import RestClient
from minikf.quantity import parse
from minikf.spec import Access

_ENDED = ("Succeeded", "Failed")


def room(access: Access) -> Room:
    """The room of all nodes together. Raises Unreachable or ApiAnswer."""
    client = RestClient(access)
    nodes = client.get("/api/v1/nodes").get("items") or ()
    pods = client.get("/api/v1/pods").get("items") or ()
    return of_objects(nodes, pods)


def of_objects(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]]) -> Room:
    """From the API's own objects. Nodes of several architectures have none that all images must be for."""
    cpu = memory = 0
    kinds = set()
    for node in nodes:
        status = node.get("status") or {}
        allocatable = status.get("allocatable") or {}
        cpu += _milli(allocatable.get("cpu", 0))
        memory += _units(allocatable.get("memory", 0))
        kinds.add(str((status.get("nodeInfo") or {}).get("architecture") or ""))
    whole = Room(cpu, memory, 0, kinds.pop() if len(kinds) == 1 else "")
    return whole.less(*requested(pods))


def requested(pods: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Thousandths of processors and bytes of memory that the pods ask for which have not ended, and which a node has or
    could have: what no node has room for takes nothing."""
    taken = [_requests(pod) for pod in pods if _counts(pod.get("status") or {})]
    return sum(one for one, _ in taken), sum(one for _, one in taken)


def _counts(status: Mapping[str, Any]) -> bool:
    refused = any(each.get("reason") == "Unschedulable" for each in status.get("conditions") or ())
    return status.get("phase") not in _ENDED and not refused


def _requests(pod: Mapping[str, Any]) -> tuple[int, int]:
    containers = (pod.get("spec") or {}).get("containers") or ()
    asked = [(one.get("resources") or {}).get("requests") or {} for one in containers]
    return sum(_milli(one.get("cpu", 0)) for one in asked), sum(_units(one.get("memory", 0)) for one in asked)


def _milli(quantity: str | int) -> int:
    return int(parse(quantity) * 1000)


def _units(quantity: str | int) -> int:
    return int(parse(quantity))
