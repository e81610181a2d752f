"""Does anything still happen? What counts is what was not seen before: a back-off that goes round and round is none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PATIENCE_SECONDS = 120.0
PULL_SECONDS = 900.0
"""While an image is pulled nothing is told: ten gigabytes at 100 Mbit/s take a quarter of an hour."""

Object = Mapping[str, Any]


class Progress:
    """Tells when nothing new was seen for longer than is allowed."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._seen: set[str] = set()
        self._last = time.monotonic()
        self.allowed = patience

    def see(self, state: str, pods: Sequence[Object], events: Sequence[Object]) -> None:
        """Takes note of how things are now."""
        now = {state, *_facts(pods), *_told(events)}
        if now - self._seen:
            self._seen |= now
            self._last = time.monotonic()
        self.allowed = max(self._patience, PULL_SECONDS) if is_pulling(pods, events) else self._patience

    @property
    def stalled(self) -> bool:
        return time.monotonic() - self._last > self.allowed


def is_pulling(pods: Sequence[Object], events: Sequence[Object]) -> bool:
    """Whether a pod's image is on its way: the last that was told of the pod is `Pulling`, and it waits for nothing
    else."""
    return any(
        _waits(pod) in ("ContainerCreating", "PodInitializing") and _last(pod, events) == "Pulling" for pod in pods
    )


def _waits(pod: Object) -> str:
    status = pod.get("status") or {}
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        reason = ((container.get("state") or {}).get("waiting") or {}).get("reason")
        if reason:
            return str(reason)
    return ""


def _last(pod: Object, events: Sequence[Object]) -> str:
    about = [one for one in events if (one.get("involvedObject") or {}).get("uid") == pod["metadata"].get("uid")]
    newest = max(about, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""), default={})
    return str(newest.get("reason") or "")


def _facts(pods: Sequence[Object]) -> Iterator[str]:
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status") or {}
        yield f"{name} {status.get('phase')}"
        for condition in status.get("conditions") or ():
            yield f"{name} {condition.get('type')} {condition.get('status')} {condition.get('reason')}"
        for container in status.get("containerStatuses") or ():
            state = container.get("state") or {}
            for word, detail in state.items():
                yield f"{name} {container.get('name')} {word} {(detail or {}).get('reason')}"


def _told(events: Sequence[Object]) -> Iterator[str]:
    for event in events:
        about = event.get("involvedObject") or {}
        yield f"{about.get('kind')} {about.get('name')} {event.get('reason')}"
