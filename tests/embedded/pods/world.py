"""A small platform for tests of pods, and the words to speak to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.controllers.base import Controller
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.pod import PodController
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.forkserver import record
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.pods.processes import Member, ProcessTable
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.store import Store
from minikf.paths import PlatformPaths

Object = dict[str, Any]
WARM_FOR_TESTS = ("json", "random", "packaging.requirements", "minikf.embedded.forkserver.shims.pip")
FAST: Object = {"backoff_base": 0.3, "backoff_cap": 2.0, "site": sysconfig.get_path("purelib"), "cgroups": False}


def make_paths(root: Path) -> PlatformPaths:
    """A platform's folders below `root`."""
    return PlatformPaths("test", config=root / "config", state=root / "state", data=root / "data", cache=root / "cache")


def pod(name: str, *argv: str, **spec: Any) -> Object:
    """A pod with one container `main` that runs `argv`; words of the container's own go into `container`."""
    container = {"name": "main", "image": "any", "command": list(argv)} | spec.pop("container", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [container], "restartPolicy": "Never"} | spec,
    }


@dataclass
class World:
    """`open` it, and `close` it; `reopen` is what a killed and restarted daemon does."""

    root: Path
    store: Store
    objects: Objects
    runtime: PodRuntime
    runner: Runner
    events: EventRecorder
    settings: PodSettings

    @classmethod
    async def open(cls, root: Path, **changes: Any) -> World:
        settings = PodSettings(**FAST | {"warm": False} | changes)
        return await cls._open(root, settings)

    @classmethod
    async def _open(cls, root: Path, settings: PodSettings) -> World:
        paths = make_paths(root)
        for folder in (paths.data, paths.state, paths.config):
            folder.mkdir(parents=True, exist_ok=True)
        store = Store(paths.database)
        objects = Objects(store)
        objects.graceful_pods = True
        if objects.find(kinds.NAMESPACE, "", "default") is None:
            await objects.create(kinds.NAMESPACE, "", {"metadata": {"name": "default"}})
        events = EventRecorder(objects)
        runtime = PodRuntime(Context(objects, paths, events), settings)
        await events.start()
        await runtime.start()
        context = Context(objects, paths, events, pods=runtime)
        controllers: list[Controller] = [PodController(context)]
        runner = Runner(context, controllers)
        await runner.start()
        return cls(root, store, objects, runtime, runner, events, settings)

    async def close(self, *, leave_pods: bool = False) -> None:
        """Stops; a test that leaves processes behind fails."""
        uids = {entry.obj["metadata"]["uid"] for entry in self.objects.list(kinds.POD)}
        await self.runner.stop()
        await self.runtime.stop(leave_pods=leave_pods)
        await self.events.stop()
        self.store.close()
        if not leave_pods:
            home = self.runtime.host.place.paths.sockets
            said = [record.read(str(path)) or {} for path in home.glob("*.json")]
            pids = [one["pid"] for one in said]
            await self.until_true(lambda: not any(alive(pid) for pid in pids))
            left = [member for member in ProcessTable().scan() if member.uid in uids]
            assert not left, f"processes of pods were left behind: {left}"
            shutil.rmtree(home, ignore_errors=True)  # it is outside of the test's own folder

    async def reopen(self) -> World:
        """Another daemon on the same files; the pods' processes went on meanwhile."""
        await self.close(leave_pods=True)
        return await World._open(self.root, self.settings)

    # -- objects ----------------------------------------------------------------------------------------------

    async def create(self, obj: Object, kind: kinds.Kind = kinds.POD) -> Object:
        return (await self.objects.create(kind, "default", obj)).obj

    async def delete(self, name: str, grace: int | None = None, kind: kinds.Kind = kinds.POD) -> None:
        await self.objects.delete(kind, "default", name, how=DeleteOptions(grace=grace))

    def get(self, name: str) -> Object:
        return self.objects.get(kinds.POD, "default", name).obj

    def status(self, name: str) -> Object:
        return dict(self.get(name).get("status") or {})

    async def until(self, name: str, holds: Callable[[Object], bool], seconds: float = 20.0) -> Object:
        """The pod's status once it holds."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.status(name)
            if holds(status):
                return status
            assert time.monotonic() < deadline, f"pod {name} stays {status}\nlog: {self.log(name)!r}"
            await asyncio.sleep(0.01)

    async def until_true(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not come true"
            await asyncio.sleep(0.01)

    async def ended(self, name: str, seconds: float = 20.0) -> Object:
        return await self.until(name, lambda status: status.get("phase") in ("Succeeded", "Failed"), seconds)

    async def running(self, name: str, seconds: float = 20.0) -> Object:
        return await self.until(name, lambda status: status.get("phase") == "Running", seconds)

    async def gone(self, name: str, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while self.objects.find(kinds.POD, "default", name) is not None:
            assert time.monotonic() < deadline, f"pod {name} is not deleted: {self.status(name)}"
            await asyncio.sleep(0.01)

    async def run(self, obj: Object, seconds: float = 20.0) -> tuple[Object, bytes]:
        """Creates a pod and waits for its end: (terminated state of its first container, log)."""
        await self.create(obj)
        name = obj["metadata"]["name"]
        status = await self.ended(name, seconds)
        return status["containerStatuses"][0]["state"].get("terminated", {}), self.log(name)

    async def event_texts(self, reason: str) -> list[str]:
        await self.events.flush()
        return [entry.obj["message"] for entry in self.objects.list(kinds.EVENT) if entry.obj["reason"] == reason]

    # -- files and processes ----------------------------------------------------------------------------------

    def folder(self, name: str) -> PodFolder:
        return self.runtime.folder(self.get(name))

    def log(self, name: str, container: str = "main", attempt: int | None = None) -> bytes:
        folder = self.folder(name).container(container)
        path = folder.attempt(max(0, folder.latest()) if attempt is None else attempt).log
        return path.read_bytes() if path.exists() else b""

    async def until_logged(self, name: str, text: bytes, container: str = "main", seconds: float = 20.0) -> bytes:
        deadline = time.monotonic() + seconds
        while text not in self.log(name, container):
            assert time.monotonic() < deadline, f"{text!r} is not in {self.log(name, container)!r}; {self.status(name)}"
            await asyncio.sleep(0.01)
        return self.log(name, container)

    def members(self, name: str) -> list[Member]:
        return ProcessTable().of(self.get(name)["metadata"]["uid"])


def alive(pid: int) -> bool:
    """Whether a process lives (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid: int, number: int = 9) -> None:
    os.kill(pid, number)
