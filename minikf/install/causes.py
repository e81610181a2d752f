"""Why what was applied does not get ready: the pods behind it, and what the cluster's events say."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.install.objects import Id
from minikf.install.selecting import selects
from minikf.kube.cluster.pods import Ailment, ailing, condition
from minikf.kube.rest import RestClient
from minikf.spec import Access

EVERY_SECONDS = 2.0
_CALL_SECONDS = 5.0
_STAGES = ("PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady")


@dataclass
class Causes:
    """Looks seldom, and only where something is not ready. `pulling` are the pods whose image is on its way now."""

    access: Access
    pods: dict[Id, Ailment] = field(default_factory=dict)
    warnings: dict[Id, str] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)
    pulling: set[str] = field(default_factory=set)
    _looked: float = 0.0

    def look(self, bodies: Mapping[Id, Mapping[str, Any]]) -> bool:
        """What ails these workloads; whether it has looked now. What the API does not tell stays as it was."""
        if time.monotonic() - self._looked < EVERY_SECONDS:
            return False
        client = RestClient(self.access, _CALL_SECONDS)
        self._looked = time.monotonic()
        self.pods, self.warnings, self.stages, self.pulling = {}, {}, {}, set()
        try:
            for namespace in {id[2] for id in bodies}:
                root = f"/api/v1/namespaces/{quote(namespace)}"
                pods = client.get(f"{root}/pods").get("items") or []
                events = client.get(f"{root}/events?fieldSelector=type%3DWarning").get("items") or []
                self._explain({id: body for id, body in bodies.items() if id[2] == namespace}, pods, events)
                pulls = client.get(f"{root}/events?fieldSelector=reason%3DPulling").get("items") or []
                self.pulling |= later(pulls, later(events, {})).keys()
        except MinikfError:
            return False
        return True

    @property
    def no_image(self) -> bool:
        """Whether somebody's image cannot be had, and nobody is left of whom anything else may still be hoped."""
        found = self.pods.values()
        return not self.pulling and any(one.no_image for one in found) and all(one.cause for one in found)

    def _explain(
        self, bodies: Mapping[Id, Mapping[str, Any]], pods: list[dict[str, Any]], events: list[dict[str, Any]]
    ) -> None:
        about = {str(one.get("involvedObject", {}).get("uid")): one for one in events}
        for id, body in bodies.items():
            selector = (body.get("spec") or {}).get("selector")
            mine = [pod for pod in pods if selector and selects(selector, pod["metadata"].get("labels") or {})]
            self._count(mine)
            found = ailing(mine, events)
            if found:
                self.pods[id] = found[0]
            event = about.get(str(body["metadata"]["uid"]))
            if event is not None and not mine:  # no pod could be made
                self.warnings[id] = f"{event.get('reason')}: {' '.join(str(event.get('message') or '').split())}"

    def _count(self, pods: Iterable[Mapping[str, Any]]) -> None:
        for pod in pods:
            status = pod.get("status") or {}
            for kind in _STAGES:
                if condition(status, kind).get("status") == "True":
                    self.stages[kind] = self.stages.get(kind, 0) + 1


def later(events: Iterable[Mapping[str, Any]], before: Mapping[str, str]) -> dict[str, str]:
    """When each object's last event was, by the object's uid; none that is not later than what was `before`."""
    found = dict[str, str]()
    for event in events:
        about = str(event.get("involvedObject", {}).get("uid"))
        when = str(event.get("lastTimestamp") or event.get("eventTime") or "")
        if when > max(before.get(about, ""), found.get(about, "")):
            found[about] = when
    return found
