"""A whole control plane in this process, without pods: the tests play the part of the machine that runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.admission import admission_hooks
from minikf.embedded.controllers.base import Controller
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.garbage import GarbageCollector
from minikf.embedded.controllers.job import JobController
from minikf.embedded.controllers.namespace import NamespaceController
from minikf.embedded.controllers.quota import QuotaController
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.controllers.seed import seed
from minikf.embedded.controllers.training.controller import training_controllers
from minikf.embedded.controllers.trainjob import TrainJobController
from minikf.embedded.controllers.trainjob.later import refuse_later_fields
from minikf.embedded.controllers.volumes import VolumeController
from minikf.embedded.kinds import EVENT, POD, Kind
from minikf.embedded.objects import Objects
from minikf.embedded.store import Store
from minikf.embedded.tuning.part import Tuning
from minikf.embedded.tuning.reporting import Door
from minikf.embedded.tuning.search import Batch, Observed, Problem, forget, suggest
from minikf.paths import PlatformPaths

Object = dict[str, Any]


@dataclass
class Clock:
    """Runs with real time, and can be moved: all of it, or the wall clock alone."""

    ahead: timedelta = timedelta()
    passed: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.passed

    def move(self, seconds: float) -> None:
        self.passed += seconds
        self.step(seconds)

    def step(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class InThread:
    """Searches in a thread of the test's process, where a platform has a process of their own (test_searching.py)."""

    async def suggest(self, problem: Problem, trials: Sequence[Observed], count: int) -> Batch:
        return await asyncio.to_thread(suggest, problem, trials, count)

    def forget(self, uid: str) -> None:
        forget(uid)

    async def stop(self) -> None:
        return


@dataclass
class Plane:
    """Store, objects and controllers; `failure_pause` of Jobs is short."""

    root: Path
    clock: Clock = field(default_factory=Clock)
    can_mount: bool = True

    async def start(self) -> None:
        self.paths = PlatformPaths("test", *(self.root / one for one in ("config", "state", "data", "cache")))
        self.store = Store(self.paths.database)
        self.objects = Objects(self.store, self.clock.now)
        self.objects.admission += admission_hooks(self.objects, Door("127.64.0.1", lambda: self.can_mount))
        self.objects.refusals.append(refuse_later_fields)
        self.objects.checks_all = True
        events = EventRecorder(self.objects, self.clock, leisure=0)
        self.context = Context(self.objects, self.paths, events, clock=self.clock, leisure=0)
        controllers: list[Controller] = [
            JobController(self.context, failure_pause=0.05),
            TrainJobController(self.context),
            *training_controllers(self.context),
            GarbageCollector(self.context),
            NamespaceController(self.context),
            VolumeController(self.context),
            QuotaController(self.context),
            *Tuning(self.context, InThread()).controllers,
        ]
        self.runner = Runner(self.context, controllers)
        await seed(self.objects)
        await self.runner.start()
        await self.settle()

    async def stop(self) -> None:
        await self.runner.stop()
        self.store.close()

    async def restart(self) -> None:
        """What a daemon that was stopped and started again knows: what is in the database."""
        await self.stop()
        await self.start()

    async def settle(self) -> None:
        """Returns when no controller has anything to do."""
        quiet = 0
        async with asyncio.timeout(10):
            while quiet < 3:
                rv = self.store.rv
                await asyncio.sleep(0.004)
                committed = self.store.committed_rv == self.store.rv == rv
                quiet = quiet + 1 if self.runner.idle and committed else 0

    async def create(self, kind: Kind, obj: Object, namespace: str = "default") -> Object:
        entry = await self.objects.create(kind, namespace if kind.namespaced else "", obj)
        await self.settle()
        return entry.obj

    async def change(
        self, kind: Kind, name: str, change: Callable[[Object], object], namespace: str = "default"
    ) -> None:
        def in_place(obj: Object) -> None:
            change(obj)

        await self.objects.patch(kind, namespace if kind.namespaced else "", name, in_place)
        await self.settle()

    def get(self, kind: Kind, name: str, namespace: str = "default") -> Object | None:
        entry = self.objects.find(kind, namespace if kind.namespaced else "", name)
        return None if entry is None else entry.obj

    def the(self, kind: Kind, name: str, namespace: str = "default") -> Object:
        """The object, which must exist."""
        found = self.get(kind, name, namespace)
        assert found is not None, f"{kind.kind} {name} is missing"
        return found

    def pods(self, namespace: str = "default") -> list[Object]:
        return [entry.obj for entry in self.objects.list(POD, namespace)]

    def names(self, kind: Kind, namespace: str = "default") -> list[str]:
        return [entry.name for entry in self.objects.list(kind, namespace)]

    async def set_phase(self, pod: Object, phase: str, *, restarts: int = 0) -> None:
        """What a kubelet reports of a pod."""
        ready = "True" if phase == "Running" else "False"
        now = self.objects.now()
        state: Object = {"running": {"startedAt": now}}
        if phase in ("Succeeded", "Failed"):
            state = {"terminated": {"exitCode": 0 if phase == "Succeeded" else 1, "finishedAt": now}}
        containers = [
            {
                "name": container["name"], "image": container.get("image", ""), "imageID": "", "ready": ready == "True",
                "restartCount": restarts, "state": state,
            }
            for container in pod["spec"]["containers"]
        ]  # fmt: skip
        conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": now}]
        status = {"phase": phase, "conditions": conditions, "containerStatuses": containers}
        await self.objects.patch(
            POD, pod["metadata"]["namespace"], pod["metadata"]["name"], lambda now: {**now, "status": status},
            subresource="status",
        )  # fmt: skip
        await self.settle()

    async def events(self, name: str, namespace: str = "default") -> list[tuple[str, str]]:
        """(reason, message) of what was said about an object."""
        await self.context.events.flush()
        found = (entry.obj for entry in self.objects.list(EVENT, namespace))
        return [(one["reason"], one["message"]) for one in found if one["involvedObject"]["name"] == name]


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    await made.start()
    yield made
    await made.stop()
