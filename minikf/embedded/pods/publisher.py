"""Writes a pod's status after changes: the newest only, one write at a time, again after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from minikf.embedded.controllers.context import Clock
from minikf.embedded.kinds import POD
from minikf.embedded.objects import Objects
from minikf.embedded.pods.status import PodView, pod_status
from minikf.embedded.status import ApiError, Object

log = logging.getLogger("minikf.pods")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


class Gone(Exception):
    """The pod of this uid is not there any more."""


class Publisher:
    """For one pod. `view` is asked for what is to be told at the moment of each write."""

    def __init__(self, objects: Objects, clock: Clock, pod: Object, view: Callable[[], PodView]) -> None:
        meta = pod["metadata"]
        self._objects = objects
        self._clock = clock
        self._namespace, self._name, self._uid = meta["namespace"], meta["name"], meta["uid"]
        self._view = view
        self._dirty = asyncio.Event()
        self._clean = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        """There is something new to tell; it is written soon."""
        self._dirty.set()
        self._clean.clear()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"status of {self._namespace}/{self._name}")

    async def flush(self) -> None:
        """Returns when everything said so far is written, or the pod is gone."""
        if self._task is not None and not self._task.done():
            await self._clean.wait()

    async def stop(self) -> None:
        """Writes no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                try:
                    await self._objects.set_status(POD, self._namespace, self._name, self._status)
                    pause = _FIRST_PAUSE
                except ApiError as error:
                    if error.code == 404:
                        return
                    # A full disk, most likely: what is true now is written as soon as there is room.
                    log.error("status of pod %s/%s: %s", self._namespace, self._name, error.message)
                    self._dirty.set()
                    await asyncio.sleep(pause)
                    pause = min(_LONGEST_PAUSE, pause * 2)
                if not self._dirty.is_set():
                    self._clean.set()
        except Gone:
            return
        finally:
            self._clean.set()

    def _status(self, pod: Object) -> Object:
        if pod["metadata"]["uid"] != self._uid:
            raise Gone(self._uid)
        return pod_status(pod, self._view(), self._clock.now().timestamp())
