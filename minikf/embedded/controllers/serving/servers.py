"""The daemon's side of model servers: their sockets, and what they say, kept with their pods."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, controller_of
from minikf.embedded.controllers.serving.pods import Replica, read_said, write_said
from minikf.embedded.kinds import INFERENCE_SERVICE, POD
from minikf.embedded.options import Options
from minikf.embedded.serving.holder import Said, Service, SocketHolder
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects
    from minikf.embedded.store import Entry
    from minikf.paths import PlatformPaths

log = logging.getLogger("minikf.serving")

# Servers connect again within half a second after a restart of the daemon; slow machines get some more.
OFFER_SECONDS = 4.0


class Servers:
    """Made with the daemon; `holder` is where the listening sockets are."""

    def __init__(self, objects: Objects, paths: PlatformPaths, manager: str) -> None:
        self._objects = objects
        self._options = Options(manager=manager)
        self._folder = paths.sockets
        self.control = paths.sockets / "serving.sock"
        self.holder = SocketHolder(self.control, self._service_of, self._heard)
        self._news: dict[str, Said] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._begun = time.monotonic()

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self.holder.start()
        self._begun = time.monotonic()

    async def stop(self) -> None:
        await self.holder.stop()
        await asyncio.gather(*self._writing, return_exceptions=True)

    @property
    def may_offer(self) -> bool:
        """Whether servers of the daemon before may still come with their sockets."""
        return time.monotonic() - self._begun < OFFER_SECONDS

    def may_bring_sockets(self, replica: Replica) -> bool:
        """Whether the server of a pod has its service's sockets from the daemon before and is on its way with them."""
        has_them = replica.said.state in ("Ready", "Loading") and not replica.is_over
        return has_them and self.may_offer and not self.holder.is_waiting(replica.uid)

    def is_serving(self, replica: Replica) -> bool:
        """Whether a server answers: it said so, and is connected or may be on its way."""
        return replica.is_serving and (self.holder.is_connected(replica.uid) or self.may_offer)

    def _service_of(self, uid: str) -> Service | None:
        entry = self._pod(uid)
        owner = controller_of(entry.obj) if entry is not None else None
        if entry is None or owner is None or owner.get("kind") != INFERENCE_SERVICE.kind:
            return None
        return Key(entry.namespace, owner["name"])

    def _heard(self, uid: str, said: Said) -> None:
        """Keeps it with the pod, which wakes the controller. One write at a time for a pod, the newest wins."""
        before = self._news.get(uid)
        if before is not None and _outlasts(before, said):
            return
        self._news[uid] = said
        if before is None:
            task = asyncio.get_running_loop().create_task(self._write(uid))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write(self, uid: str) -> None:
        said = None
        try:
            while self._news[uid] is not said:
                said = self._news[uid]
                await self._write_once(uid, said)
        finally:
            del self._news[uid]

    async def _write_once(self, uid: str, said: Said) -> None:
        entry = self._pod(uid)
        if entry is None or read_said(entry.obj) == said:
            return

        def change(pod: Object) -> None:
            if not _outlasts(read_said(pod), said):
                write_said(pod, said)

        try:
            await self._objects.patch(POD, entry.namespace, entry.name, change, opts=self._options)
        except ApiError as error:
            if error.reason != "NotFound":
                log.warning("what pod %s/%s said was not kept: %s", entry.namespace, entry.name, error.message)

    def _pod(self, uid: str) -> Entry | None:
        return next(iter(self._objects.list(POD, match=lambda pod: bool(pod["metadata"]["uid"] == uid))), None)


def _outlasts(before: Said, said: Said) -> bool:
    """A server that cannot load its model says so and ends; the cause stays told until the next attempt."""
    return said.state == "Gone" and before.state == "FailedToLoad"
