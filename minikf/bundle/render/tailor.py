"""What `lite` does to workloads whatever they are: one replica, small requests, limits as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from minikf.bundle.render.documents import Document
from minikf.bundle.render.quantities import bytes_of, milli_of

CPU_MILLI = 10
MEMORY_MIB = 64
"""The most that a container of a lite component asks for. Requests are what the scheduler sets aside, not what may be
used: limits stay, and on one node all share what is idle."""

_WORKLOADS = ("Deployment", "StatefulSet", "ReplicaSet")
_SCALERS = "HorizontalPodAutoscaler"


def tailored(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents with their workloads made small; those that have nothing to be made small stay as they are."""
    return tuple(_small(document) for document in documents if document.kind != _SCALERS)


def _small(document: Document) -> Document:
    if document.kind not in (*_WORKLOADS, "DaemonSet", "Job") or document.group not in ("apps", "batch"):
        return document
    found = json.loads(json.dumps(document.parsed))
    if document.kind in _WORKLOADS and found["spec"].get("replicas", 1) > 1:
        found["spec"]["replicas"] = 1
    for container in containers(found):
        _shrink(container)
    if found == document.parsed:
        return document
    return replace(document, text=json.dumps(found, sort_keys=True) + "\n")


def containers(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All containers of an object with a pod template."""
    pod = found["spec"]["template"].get("spec") or {}
    for part in ("initContainers", "containers"):
        yield from pod.get(part) or ()


def _shrink(container: dict[str, Any]) -> None:
    resources = container.get("resources") or {}
    asked = dict(resources.get("requests") or {})
    limits = resources.get("limits") or {}
    # Where only a limit stands, Kubernetes asks for as much (docs: Resource Management for Pods and Containers).
    for name, most, size in (("cpu", CPU_MILLI, milli_of), ("memory", MEMORY_MIB << 20, bytes_of)):
        given = asked.get(name, limits.get(name))
        if given is not None and size(given) > most:
            asked[name] = f"{most}m" if name == "cpu" else f"{MEMORY_MIB}Mi"
    if asked:
        container["resources"] = {**resources, "requests": asked}
