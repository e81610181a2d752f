"""Waits for the ends of steps' pods, all with one subscription."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass

from minikf.embedded import kinds
from minikf.embedded.objects import Objects
from minikf.embedded.pipelines.execution.steppod import CONTAINER, RUN_LABEL
from minikf.embedded.pods.state import STOPPED
from minikf.embedded.status import Object

# Waiting reasons that no pod gets out of by itself: what it refers to, or its command, is not there.
_STUCK = ("CreateContainerConfigError", "CreateContainerError", "InvalidImageName", "RunContainerError")


@dataclass(frozen=True)
class PodEnd:
    """How a step's pod ended: `error` is "" for success, else what users read."""

    error: str = ""

    @property
    def is_success(self) -> bool:
        return not self.error


class PodWatch:
    """Runs from `start` to `stop`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._changed: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow(), name="pipelines: pods")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def ended(self, namespace: str, name: str) -> PodEnd:
        """Waits for the end of a pod; one that is gone has failed."""
        key = (namespace, name)
        try:
            while True:
                event = self._changed[key]
                event.clear()
                entry = self._objects.find(kinds.POD, namespace, name)
                if entry is None:
                    return PodEnd(f"its pod {name} was deleted before it ended")
                end = pod_end(entry.obj)
                if end is not None:
                    return end
                await event.wait()
        finally:
            self._changed.pop(key, None)

    async def gone(self, namespace: str, name: str) -> None:
        """Waits until a pod that is being deleted, and with it its processes, is gone."""
        key = (namespace, name)
        try:
            while self._objects.find(kinds.POD, namespace, name) is not None:
                event = self._changed[key]
                event.clear()
                await event.wait()
        finally:
            self._changed.pop(key, None)

    async def _follow(self) -> None:
        while True:
            subscription = self._objects.subscribe({kinds.POD})
            for event in self._changed.values():  # after a gap everyone looks again
                event.set()
            try:
                async for change in subscription:
                    key = (change.entry.namespace, change.entry.name)
                    if key in self._changed:
                        self._changed[key].set()
            finally:
                subscription.close()
            if not subscription.overflowed:  # the store is closing
                return


def was_interrupted(pod: Object) -> bool:
    """Whether a pod was ended because the platform was stopped, which is no failure of its step. Pure."""
    return (pod.get("status") or {}).get("reason") == STOPPED


def is_of_run(pod: Object, run_id: str) -> bool:
    return bool((pod["metadata"].get("labels") or {}).get(RUN_LABEL) == run_id)


def pod_end(pod: Object) -> PodEnd | None:
    """How a pod ended, None while it has not. Pure."""
    status = pod.get("status") or {}
    state = next(
        (one.get("state") or {} for one in status.get("containerStatuses") or [] if one["name"] == CONTAINER), {}
    )
    if status.get("phase") == "Succeeded":
        return PodEnd()
    if status.get("phase") == "Failed":
        return PodEnd(_words(status, state.get("terminated") or {}))
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in _STUCK:
        return PodEnd(f"{waiting['reason']}: {waiting.get('message', '')}")
    return None


def _words(status: Object, ended: Object) -> str:
    """The pod's own reason (DeadlineExceeded, Evicted) before the container's."""
    if status.get("reason"):
        return f"{status['reason']}: {status.get('message', '')}".rstrip(": ")
    code, reason = ended.get("exitCode"), ended.get("reason", "")
    text = f"exit code {code}" if code is not None else "its pod failed"
    if ended.get("signal"):
        text = f"ended by signal {ended['signal']} ({text})"
    if reason not in ("", "Error"):
        text = f"{reason}: {text}"
    message = (ended.get("message") or "").strip()
    return f"{text}: {message}" if message else text
