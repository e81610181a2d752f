"""The events that matter: warnings, each said once however often it came, the newest first. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from minikf.kube.shapes import mapping
from minikf.views.home.chain import sentence
from minikf.views.home.scene import Object, Scene, when
from minikf.views.home.walk import RULES, chain
from minikf.views.text import plain

# The alphabet that Kubernetes makes names of (k8s.io/apimachinery, util/rand): what stands behind the last dash of a
# generated name, and the hash of a ReplicaSet before it.
_MADE = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}(?![a-z0-9])")
_VARIES = re.compile(r"\b\d+(?:\.\d+)?m?s\b|\b0x[0-9a-f]+\b")


@dataclass(frozen=True)
class Warn:
    """Warnings about one object that say the same. `count` is how often; `over` that the object is well by now, or
    gone."""

    at: str
    kind: str
    namespace: str
    name: str
    reason: str
    message: str
    count: int = 1
    over: bool = False

    @property
    def about(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "about": {"kind": self.kind, "namespace": self.namespace, "name": self.name},
            "reason": self.reason,
            "message": self.message,
            "count": self.count,
            "over": self.over,
        }


def warnings(scene: Scene, namespace: str = "", *, all_: bool = False) -> tuple[Warn, ...]:
    """Of one namespace, or of all; those about what is well by now only where `all_` are wanted."""
    found: dict[tuple[str, ...], Warn] = {}
    for event in sorted(scene.of("Event"), key=when, reverse=True):
        about = mapping(event.get("involvedObject"))
        space = str(about.get("namespace") or "")
        if event.get("type") != "Warning" or (namespace and space != namespace):
            continue
        one = _warn(scene, event, about)
        key = (one.kind, space, _MADE.sub("-*", one.name), _said(one.message))
        found[key] = _joined(found[key], one) if key in found else one
    told: dict[tuple[str, ...], Warn] = {}
    for one in found.values():
        key = (one.kind, one.namespace, one.name, one.reason)
        told[key] = _joined(told[key], one) if key in told else one
    return tuple(one for one in told.values() if all_ or not one.over)


def _warn(scene: Scene, event: Object, about: Object) -> Warn:
    kind, space, name = (str(about.get(key) or "") for key in ("kind", "namespace", "name"))
    words = (plain(kind), plain(space), plain(name), plain(str(event.get("reason") or "")))
    return Warn(
        plain(when(event)), *words, sentence(event.get("message")), _count(event), _over(scene, kind, space, name)
    )


def _joined(newer: Warn, older: Warn) -> Warn:
    """As the newer one says it, but where that is only kubelet's short form of what the older one tells whole."""
    short = newer.message.startswith("Error: ") and len(older.message) > len(newer.message)
    message = older.message if short else newer.message
    return replace(newer, message=message, count=newer.count + older.count)


def _count(event: Object) -> int:
    return int(event.get("count") or mapping(event.get("series")).get("count") or 1)


def _said(message: str) -> str:
    """A message without what differs from one time to the next; a controller and the queue above it say the same
    with another beginning."""
    text = _VARIES.sub("*", _MADE.sub("-*", message))
    return text.removeprefix("Error creating: ").removeprefix("Error: ")


def _over(scene: Scene, kind: str, namespace: str, name: str) -> bool:
    """Whether nobody has to look any more. Of what is there and of a kind that nobody judges nobody knows."""
    if kind not in scene.objects:
        return False
    found = scene.find(kind, namespace, name)
    return found is None or (kind in RULES and chain(scene, found) is None)
