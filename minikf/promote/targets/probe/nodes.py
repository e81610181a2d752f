"""Nodes in groups that are alike in what placement looks at: labels, taints, architecture, and what they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask, name_of, texts
from minikf.promote.targets.profile import NodeGroup, Taint
from minikf.quantity import parse

_HOSTNAME = "kubernetes.io/hostname"
_GIB = 1024**3


def look(ask: Ask) -> dict[str, Any]:
    """`nodes`, the largest group first."""
    groups: dict[object, list[Object]] = {}
    for obj in ask.listed("nodes", "", "Node"):
        groups.setdefault(_likeness(obj), []).append(obj)
    found = [_group(alike) for alike in groups.values()]
    return {"nodes": tuple(sorted(found, key=lambda one: (-one.count, sorted(one.labels.items()))))}


def _likeness(obj: Object) -> object:
    """What is equal for nodes of one group. Memory in GiB: two machines of a kind differ by some MiB."""
    has = _allocatable(obj)
    rest = {key: value for key, value in has.items() if key not in ("memory", "ephemeral-storage", "pods")}
    memory = int(parse(has.get("memory", "0")) // _GIB)
    return (_machine(obj), tuple(sorted(_labels(obj).items())), _taints(obj), memory, tuple(sorted(rest.items())))


def _group(alike: list[Object]) -> NodeGroup:
    """`allocatable` is the least that any of them has."""
    system, arch = _machine(alike[0])
    least = _allocatable(alike[0])
    for obj in alike[1:]:
        least |= {key: value for key, value in _allocatable(obj).items() if parse(value) < parse(least.get(key, value))}
    return NodeGroup(len(alike), system, arch, _labels(alike[0]), _taints(alike[0]), dict(sorted(least.items())))


def _machine(obj: Object) -> tuple[str, str]:
    about = (obj.get("status") or {}).get("nodeInfo") or {}
    labels = texts(obj["metadata"].get("labels"))
    system = about.get("operatingSystem") or labels.get("kubernetes.io/os", "")
    return str(system), str(about.get("architecture") or labels.get("kubernetes.io/arch", ""))


def _labels(obj: Object) -> dict[str, str]:
    """Without those that name one node only: the hostname, and any that repeats what tells this node from others."""
    own = {one for one in _identities(obj) if one}
    labels = texts(obj["metadata"].get("labels"))
    return {key: value for key, value in sorted(labels.items()) if key != _HOSTNAME and value not in own}


def _identities(obj: Object) -> Iterator[str]:
    """Name, addresses, and the ids of the machine. Fields as in k8s.io/api/core/v1 `NodeStatus` and `NodeSpec`."""
    status = obj.get("status") or {}
    yield name_of(obj)
    yield from (str(one.get("address")) for one in status.get("addresses") or ())
    about = status.get("nodeInfo") or {}
    yield from (str(about.get(key) or "") for key in ("machineID", "systemUUID", "bootID"))
    yield str((obj.get("spec") or {}).get("providerID") or "").rpartition("/")[2]


def _taints(obj: Object) -> tuple[Taint, ...]:
    """With those of a node that is cordoned or not ready: they keep pods away as any other."""
    found = [
        Taint(str(one.get("key") or ""), str(one.get("value") or ""), str(one.get("effect") or ""))
        for one in (obj.get("spec") or {}).get("taints") or ()
    ]
    return tuple(sorted(found, key=lambda one: (one.key, one.value, one.effect)))


def _allocatable(obj: Object) -> dict[str, str]:
    return texts((obj.get("status") or {}).get("allocatable"))
