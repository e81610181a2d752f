"""The pods of a Job, sorted by what they mean for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.status import Object

INDEX_KEY = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True)
class PodSet:
    """`active` pods have not ended and are not being ended; `terminating` ones are being ended.

    A pod that somebody deletes while it runs counts as neither succeeded nor failed. (Upstream counts it as failed, so
    that a node that vanished uses up the back-off limit; there is one node here, and it does not vanish.)
    """

    active: tuple[Object, ...]
    terminating: tuple[Object, ...]
    succeeded: tuple[Object, ...]
    failed: tuple[Object, ...]

    @classmethod
    def of(cls, pods: Iterable[Object]) -> PodSet:
        sorted_pods: dict[str, list[Object]] = {"active": [], "terminating": [], "succeeded": [], "failed": []}
        for pod in pods:
            sorted_pods[_state(pod)].append(pod)
        return cls(**{name: tuple(found) for name, found in sorted_pods.items()})

    @property
    def ready(self) -> int:
        return sum(is_ready(pod) for pod in self.active)

    @property
    def restarts(self) -> int:
        """How often containers of active pods were started again."""
        return sum(
            container.get("restartCount", 0)
            for pod in self.active
            for field in ("initContainerStatuses", "containerStatuses")
            for container in pod.get("status", {}).get(field) or []
        )

    def failures_in_a_row(self, since_end: Callable[[Object], float]) -> tuple[int, float]:
        """How many pods failed after the last success, and how many seconds ago the last of them did (0 without one).

        `since_end` tells how long ago a pod ended: times of ends alone do not tell which came first when the clock
        steps back.
        """
        last_success = min((since_end(pod) for pod in self.succeeded), default=None)
        failures = [since_end(pod) for pod in self.failed]
        after = [seconds for seconds in failures if last_success is None or seconds < last_success]
        return len(after), min(after, default=0.0)


def _state(pod: Object) -> str:
    phase = pod.get("status", {}).get("phase")
    if phase == "Succeeded":
        return "succeeded"
    if "deletionTimestamp" in pod["metadata"]:
        return "terminating"
    return "failed" if phase == "Failed" else "active"


def is_ready(pod: Object) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def completion_index(pod: Object) -> int | None:
    """The pod's index in an Indexed Job, or None."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX_KEY, "")
    return int(text) if text.isdecimal() else None


def finished_at(pod: Object) -> datetime:
    """When the last container ended, else when the pod was created."""
    ends = [
        container["state"]["terminated"]["finishedAt"]
        for container in pod.get("status", {}).get("containerStatuses") or []
        if (container.get("state") or {}).get("terminated", {}).get("finishedAt")
    ]
    return max(map(parse_time, ends)) if ends else parse_time(pod["metadata"]["creationTimestamp"])
