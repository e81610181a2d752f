"""All pods of a platform as processes: what the daemon starts, asks and stops."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import POD, Kind
from minikf.embedded.options import DeleteOptions
from minikf.embedded.pods import ending
from minikf.embedded.pods.host import Host
from minikf.embedded.pods.layout import PodFolder, all_pods
from minikf.embedded.pods.mounting import NAMESPACE
from minikf.embedded.pods.references import named_by
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.pods.worker import Worker
from minikf.embedded.status import Object

log = logging.getLogger("minikf.pods")

Key = tuple[str, str]
ENDED = ("Succeeded", "Failed")
# `minikf stop` does not wait longer for programs that ignore SIGTERM, whatever their pod's own time is.
SHUTDOWN_SECONDS = 5.0


class PodRuntime:
    """Made once per daemon; `start` before the controllers, `stop` after them."""

    def __init__(self, context: Context, settings: PodSettings | None = None) -> None:
        self.host = Host(context, settings or PodSettings.from_environment())
        self._workers: dict[Key, Worker] = {}
        self._folders: dict[Key, PodFolder] = {}
        self._nudged: set[Key] = set()

    async def start(self) -> None:
        """Starts the fork servers and ends what is left of pods that no longer exist."""
        await self.host.start()
        wanted = {entry.obj["metadata"]["uid"] for entry in self.host.objects.list(POD)}
        for folder in all_pods(self.host.place.paths.pods):
            if folder.uid not in wanted:
                log.info("ending what is left of pod %s", folder.path.name)
                await self._clear(folder)

    async def stop(self, *, leave_pods: bool) -> None:
        """Stops looking after pods; ends them and the fork servers unless they are to be left running."""
        workers = list(self._workers.values())
        if leave_pods:
            await asyncio.gather(*(worker.leave() for worker in workers))
        else:
            results = await asyncio.gather(
                *(worker.shut_down(SHUTDOWN_SECONDS) for worker in workers), return_exceptions=True
            )
            for error in results:
                if error is not None:
                    log.error("a pod could not be ended", exc_info=error)
        self._workers.clear()
        await self.host.stop(drain=not leave_pods)

    # -- for the controller -------------------------------------------------------------------------------------

    async def bring_in_line(self, key: Key, pod: Object | None) -> None:
        """Makes processes follow the object, which is None when it is gone. Returns soon; the rest goes on."""
        worker = self._workers.get(key)
        if worker is not None and (pod is None or pod["metadata"]["uid"] != worker.uid):
            del self._workers[key]
            await worker.abandon()
            worker = None
        if pod is None:
            folder = self._folders.pop(key, None)
            if folder is not None and folder.path.exists():
                await self._clear(folder)
            return
        self._folders[key] = PodFolder.of(self.host.place.paths.pods, pod)
        if "deletionTimestamp" in pod["metadata"]:
            await self._delete(key, pod, worker)
        elif (pod.get("status") or {}).get("phase") in ENDED:
            if worker is not None and worker.has_ended:
                del self._workers[key]
                await worker.leave()
        elif worker is None:
            self._workers[key] = worker = Worker(self.host, pod)
            worker.begin()
        else:
            worker.update(pod)
            if key in self._nudged:
                worker.nudge()
        self._nudged.discard(key)

    def referring_to(self, kind: Kind, namespace: str, name: str) -> list[Key]:
        """Pods that live and name the ConfigMap, Secret or claim; their next look takes its change into account."""
        keys = [
            key
            for key, worker in self._workers.items()
            if key[0] == namespace and not worker.has_ended and (kind, name) in named_by(worker.pod)
        ]
        self._nudged.update(keys)
        return keys

    async def _delete(self, key: Key, pod: Object, worker: Worker | None) -> None:
        meta = pod["metadata"]
        if worker is not None:
            worker.delete(float(meta.get("deletionGracePeriodSeconds") or 0))
        elif (pod.get("status") or {}).get("phase") in ENDED:
            how = DeleteOptions(grace=0, uid=meta["uid"])
            if meta.get("deletionGracePeriodSeconds") or not meta.get("finalizers"):
                await self.host.objects.delete(POD, *key, how=how)
        else:
            # Deleted while no daemon ran, or before we ever saw it: its processes, if any, are taken over to end them.
            self._workers[key] = worker = Worker(self.host, pod)
            worker.begin()
            worker.delete(float(meta.get("deletionGracePeriodSeconds") or 0))

    async def _clear(self, folder: PodFolder) -> None:
        await ending.kill_all(self.host.table, folder.uid)
        await asyncio.to_thread(folder.remove)

    # -- for subresources and status ----------------------------------------------------------------------------

    def worker(self, pod: Object) -> Worker | None:
        """The worker of a pod that lives (or has just ended)."""
        meta = pod["metadata"]
        worker = self._workers.get((meta["namespace"], meta["name"]))
        return worker if worker is not None and worker.uid == meta["uid"] else None

    def processes(self, uid: str) -> list[int]:
        """The ids of the living processes of a pod."""
        return [member.pid for member in self.host.table.of(uid)]

    @property
    def can_mount(self) -> bool:
        """Whether containers have a mount namespace of their own; known once it has started."""
        return self.host.place.mode == NAMESPACE

    def folder(self, pod: Object) -> PodFolder:
        return PodFolder.of(self.host.place.paths.pods, pod)

    async def report(self) -> list[dict[str, Any]]:
        """The fork servers, for `minikf status`: name, state (off, starting, ready, failed), cause, pid."""
        return [self.host.launcher.describe(), *self.host.warm.describe()]
