"""When a node asks a registry for an image that it has already: never for one whose name says which bytes it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from minikf.bundle.render import Document
from minikf.install.look import WORKLOADS

_ALWAYS = re.compile(r'imagePullPolicy"?: *"?Always')  # rendered objects are YAML, those that were changed JSON
_KINDS = (*WORKLOADS, "CronJob")


def pulled_once(document: Document) -> Document:
    """A workload with `IfNotPresent` where upstream says `Always` of an image with a tag of its own, or a digest.

    With `Always` a pod whose image was loaded does not start without the registry (kubernetes.io, Images, "Image pull
    policy"): not on a machine without a network, and not after a restart on a train.
    """
    if document.kind not in _KINDS or not _ALWAYS.search(document.text):
        return document
    found = json.loads(json.dumps(document.parsed))
    for container in _containers(found):
        if container.get("imagePullPolicy") == "Always" and _pinned(str(container.get("image") or "")):
            container["imagePullPolicy"] = "IfNotPresent"
    return replace(document, text=json.dumps(found) + "\n")


def _containers(workload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = workload.get("spec") or {}
    spec = (spec.get("jobTemplate") or {}).get("spec") or spec
    pod = (spec.get("template") or {}).get("spec") or {}
    yield from (*(pod.get("initContainers") or ()), *(pod.get("containers") or ()))


def _pinned(image: str) -> bool:
    """Whether its name has a digest, or a tag that is not `latest`, which is moved by design."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return bool(digest) or tag not in ("", "latest")
