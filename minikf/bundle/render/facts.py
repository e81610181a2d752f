"""What can be read from what is rendered: images, requests, the kinds that are served."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minikf.bundle.model import Requests
from minikf.bundle.render.documents import Document
from minikf.bundle.render.quantities import bytes_of, milli_of
from minikf.bundle.render.tailor import containers

# Images that nobody runs as a container of a workload stand in environment variables, arguments, ConfigMaps and
# runtimes. There they are known by their registry's host; what has neither tag nor digest is no image that is pulled.
_IMAGE = re.compile(
    r"(?<![\w./:@-])((?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/[a-z0-9][a-z0-9._/-]*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?)(?![\w/])"
)
# A runtime names its image by the usual key, and then it needs no host.
_KEYED = re.compile(r"^ *(?:- )?\"?image\"?: \"?([a-zA-Z0-9][\w./:@-]*)\"?,?$", re.MULTILINE)
_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet"}


@dataclass(frozen=True)
class ComponentFacts:
    """`images` are those that its workloads run; `more_images` those that it names elsewhere, for others to run.

    `kinds` are served kinds as `Kind.group`.
    """

    objects: int
    kinds: tuple[str, ...]
    images: tuple[str, ...]
    more_images: tuple[str, ...]
    requests: Requests


def facts(documents: Sequence[Document]) -> ComponentFacts:
    """The facts of one component. Raises Refused for a quantity that is none."""
    workloads = [document.parsed for document in documents if _is_workload(document)]
    run = {str(one["image"]) for found in workloads for one in containers(found) if one.get("image")}
    named = {image for document in documents if not _is_crd(document) for image in _named(document.text)}
    total = Requests()
    for document in documents:
        total += _requests(document)
    return ComponentFacts(
        len(documents),
        tuple(sorted(_served(document) for document in documents if _is_crd(document))),
        tuple(sorted(run)),
        tuple(sorted(named - run)),
        total,
    )


def _is_workload(document: Document) -> bool:
    return document.kind in _WORKLOADS and document.group in ("apps", "batch")


def _is_crd(document: Document) -> bool:
    return document.kind == "CustomResourceDefinition"


def _served(document: Document) -> str:
    """The kind and group of a CRD, read without its schemas."""
    names = re.search(r"^  names:\n((?:    .*\n)+)", document.text, re.MULTILINE)
    kind = re.search(r"^    kind: (\S+)$", names[1], re.MULTILINE) if names else None
    group = re.search(r"^  group: (\S+)$", document.text, re.MULTILINE)
    if kind is None or group is None:
        spec = document.parsed["spec"]
        return f"{spec['names']['kind']}.{spec['group']}"
    return f"{kind[1]}.{group[1]}"


def _named(text: str) -> Iterator[str]:
    for found in (*_IMAGE.findall(text), *_KEYED.findall(text)):
        name = found.rpartition("/")[2]
        if ":" in name or "@" in name:
            yield found


def _requests(document: Document) -> Requests:
    if document.kind == "PersistentVolumeClaim":
        return Requests(storage_bytes=_claimed(document.parsed["spec"]))
    if not _is_workload(document):
        return Requests()
    found = document.parsed
    pod = _pod(found)
    count = int(found["spec"].get("replicas", 1)) if document.kind in ("Deployment", "StatefulSet") else 1
    claims = sum(_claimed(one["spec"]) for one in found["spec"].get("volumeClaimTemplates") or ())
    return Requests(pod.cpu_milli * count, pod.memory_bytes * count, claims * count)


def _pod(found: dict[str, Any]) -> Requests:
    """As the scheduler counts (docs: Init Containers): all containers, or one init container that wants more."""
    spec = found["spec"]["template"].get("spec") or {}
    always = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"]
    first = [one for one in spec.get("initContainers") or () if one.get("restartPolicy") != "Always"]
    total = Requests()
    for one in (*(spec.get("containers") or ()), *always):
        total += _asked(one)
    starts = [_asked(one) for one in first]
    return Requests(
        max([total.cpu_milli, *(one.cpu_milli for one in starts)]),
        max([total.memory_bytes, *(one.memory_bytes for one in starts)]),
    )


def _asked(container: dict[str, Any]) -> Requests:
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return Requests(milli_of(asked.get("cpu", 0)), bytes_of(asked.get("memory", 0)))


def _claimed(spec: dict[str, Any]) -> int:
    asked = (spec.get("resources") or {}).get("requests") or {}
    return bytes_of(asked.get("storage", 0))
