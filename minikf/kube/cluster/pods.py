"""What ails a pod, in the words of its own status, else of the events about it.

Fields as in k8s.io/api/core/v1 `PodStatus`; reasons as kubelet and scheduler write them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Object = Mapping[str, Any]

# A container waits with these where nothing is wrong yet.
_STARTING = ("ContainerCreating", "PodInitializing")
# A node has tried to get the image, or will not try.
_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
# What kubelet and containerd put before the reason, one inside the other.
_AROUND = (
    "Back-off pulling image",
    "ErrImagePull",
    "rpc error",
    "code = ",
    "Failed to pull image",
    "failed to pull and unpack image",
    "failed to resolve reference",
    "failed to do request",
)
# What events tell of a container that runs; others are of the time before it did.
_OF_RUNNING = ("Unhealthy", "BackOff")
_YOUNG_SECONDS = 60.0


@dataclass(frozen=True)
class Ailment:
    """`name` as kubectl has it, with its namespace; `state` one word, `cause` a sentence, "" where it only starts."""

    namespace: str
    name: str
    state: str
    cause: str
    since: str = ""

    @property
    def no_image(self) -> bool:
        """Whether its image cannot be had, as far as its node knows."""
        return self.state in _NO_IMAGE

    @property
    def starting(self) -> bool:
        """Whether nothing is known to be wrong but that it is young."""
        try:
            age = datetime.now(UTC) - datetime.fromisoformat(self.since)
        except ValueError:
            return False
        return not self.cause and age.total_seconds() < _YOUNG_SECONDS

    def __str__(self) -> str:
        return f"pod {self.namespace}/{self.name}: " + (f"{self.state}: {self.cause}" if self.cause else self.state)


def ailing(pods: Iterable[Object], events: Iterable[Object]) -> list[Ailment]:
    """The pods that are not well, those with a known cause first. `events` explain what a status does not."""
    latest = _latest(events)
    found = [ailment for pod in pods if (ailment := _ailment(pod, latest)) is not None]
    return sorted(found, key=lambda one: not one.cause)


def well(pod: Object) -> bool:
    """Whether it runs and is ready, has done its work, or is on its way out."""
    status = pod.get("status", {})
    return bool(
        status.get("phase") == "Succeeded"
        or pod["metadata"].get("deletionTimestamp")
        or (status.get("phase") == "Running" and condition(status, "Ready").get("status") == "True")
    )


def condition(status: Object, kind: str) -> Object:
    """The condition of that type; {} where there is none."""
    return next((one for one in status.get("conditions") or () if one.get("type") == kind), {})


def _ailment(pod: Object, latest: Mapping[str, tuple[str, str]]) -> Ailment | None:
    if well(pod):
        return None
    metadata, status = pod["metadata"], pod.get("status", {})
    state, cause = next(_reasons(status), ("", ""))
    state = state or {"Running": "not ready"}.get(str(status.get("phase")), str(status.get("phase") or "Pending"))
    reason, text = latest.get(str(metadata.get("uid")), ("", ""))
    if not cause and (state != "not ready" or reason in _OF_RUNNING):
        cause = text
    return Ailment(metadata["namespace"], metadata["name"], state, cause, str(metadata.get("creationTimestamp") or ""))


def _reasons(status: Object) -> Iterator[tuple[str, str]]:
    """State and cause, the most telling first."""
    if status.get("phase") == "Failed":
        yield str(status.get("reason") or "Failed"), _sentence(status.get("message"))
    scheduled = condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        yield str(scheduled.get("reason") or "Unschedulable"), _sentence(scheduled.get("message"))
    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in containers:
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in _STARTING:
            cause = _unpulled(container, waiting) or _ended(container) or _sentence(waiting.get("message"))
            yield str(waiting["reason"]), cause
    for container in containers:
        if (container.get("state", {}).get("terminated") or {}).get("exitCode"):
            yield "Error", _ended(container)
    for container in containers:
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in _STARTING:
            yield str(waiting["reason"]), _sentence(waiting.get("message"))


def _unpulled(container: Object, waiting: Object) -> str:
    """Which image cannot be pulled and why; "" where it waits for anything else."""
    if waiting.get("reason") not in _NO_IMAGE or not container.get("image"):
        return ""
    parts = [part for part in str(waiting.get("message") or "").split(": ") if not part.startswith(_AROUND)]
    why = _sentence(": ".join(parts))
    return f"image {container['image']} cannot be pulled" + (f": {why}" if why else "")


def _ended(container: Object) -> str:
    """How a container ended that does not stay up; "" for one that never ran."""
    for when in ("state", "lastState"):
        ended = (container.get(when) or {}).get("terminated") or {}
        if ended:
            times = int(container.get("restartCount") or 0)
            said = _sentence(ended.get("message")) or str(ended.get("reason") or "")
            again = f", restarted {times} times" if times > 1 else ""
            return f"container {container['name']} ended with exit code {ended.get('exitCode')} ({said}){again}"
    return ""


def _latest(events: Iterable[Object]) -> dict[str, tuple[str, str]]:
    """Reason and text of the last warning about each object, by the object's uid."""
    found: dict[str, tuple[str, str, str]] = {}
    for event in events:
        about = str(event.get("involvedObject", {}).get("uid"))
        when = str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp"))
        if event.get("type") == "Warning" and when >= found.get(about, ("", "", ""))[0]:
            reason = str(event.get("reason"))
            found[about] = (when, reason, f"{reason}: {_sentence(event.get('message'))}")
    return {about: (reason, text) for about, (_, reason, text) in found.items()}


def _sentence(text: object) -> str:
    """On one line, and no longer than a terminal shows with patience."""
    line = " ".join(str(text or "").split())
    return line if len(line) <= 400 else line[:399] + "…"
