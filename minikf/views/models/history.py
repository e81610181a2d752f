"""Our own small history of what a service served: its spec each time it was ready with another one.

It is written where the platform's state is, for its owner's eyes only (0600), whenever MiniKF sees a service that is
ready for its newest spec: by `minikf services`, `minikf serve` and the terminal UI.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minikf.files import write_private
from minikf.kube.shapes import Object, mapping, mappings
from minikf.paths import PlatformPaths
from minikf.views.text import now

_KEPT = 20


@dataclass(frozen=True)
class Past:
    """A spec with which a service of this uid was ready; `at` is when it was seen, RFC 3339."""

    uid: str
    generation: int
    at: str
    spec: Object


def past(paths: PlatformPaths, namespace: str, name: str) -> tuple[Past, ...]:
    """What is known, newest first; none where the file cannot be read."""
    try:
        found = json.loads(_file(paths, namespace, name).read_text(encoding="utf-8"))
        return tuple(Past(str(x["uid"]), int(x["generation"]), str(x["at"]), dict(x["spec"])) for x in found)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def remember(paths: PlatformPaths, services: Iterable[Object]) -> None:
    """Notes each service that is ready with a spec that is not the last one noted. Raises Refused."""
    for service in services:
        metadata = mapping(service.get("metadata"))
        namespace, name = str(metadata.get("namespace")), str(metadata.get("name"))
        if not _is_ready(service):
            continue
        known = past(paths, namespace, name)
        if known and known[0].spec == service.get("spec"):
            continue
        fresh = Past(
            str(metadata.get("uid")), int(metadata.get("generation") or 0), now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            mapping(service.get("spec")),
        )  # fmt: skip
        text = json.dumps([asdict(one) for one in (fresh, *known)][:_KEPT])
        write_private(_file(paths, namespace, name), text)


def _is_ready(service: Object) -> bool:
    """Ready, and for its newest spec."""
    status: Any = mapping(service.get("status"))
    is_new = int(status.get("observedGeneration") or 0) >= int(mapping(service.get("metadata")).get("generation") or 0)
    ready = any(
        one.get("type") == "Ready" and one.get("status") == "True" for one in mappings(status.get("conditions"))
    )
    return ready and is_new and mapping(status.get("modelStatus")).get("transitionStatus") in (None, "UpToDate")


def _file(paths: PlatformPaths, namespace: str, name: str) -> Path:
    return paths.served_specs / f"{namespace}.{name}.json"
