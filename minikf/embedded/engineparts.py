"""Which parts a platform has: seeds, admission, controllers, pod subresources and mounted surfaces."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from minikf.blobs import BlobStore
from minikf.embedded.api.app import App
from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.api.kubernetes import Subresource
from minikf.embedded.controllers.admission import admission_hooks
from minikf.embedded.controllers.base import Controller
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.garbage import GarbageCollector
from minikf.embedded.controllers.inferenceservice import InferenceServiceController, serving_admission
from minikf.embedded.controllers.job.controller import JobController
from minikf.embedded.controllers.namespace import NamespaceController, namespace_admission
from minikf.embedded.controllers.pod import PodController
from minikf.embedded.controllers.podadmission import pod_admission
from minikf.embedded.controllers.quota.controller import QuotaController
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.controllers.seed import seed, seed_namespaces
from minikf.embedded.controllers.training.controller import training_controllers
from minikf.embedded.controllers.trainjob.controller import TrainJobController
from minikf.embedded.controllers.trainjob.later import refuse_later_fields
from minikf.embedded.controllers.volumes import VolumeController, claim_admission
from minikf.embedded.lookup import ObjectLookup
from minikf.embedded.notebooks.admission import notebook_admission
from minikf.embedded.notebooks.controller import NotebookController
from minikf.embedded.objects import Objects
from minikf.embedded.pipelines.part import PREFIX as PIPELINES
from minikf.embedded.pipelines.part import SERVICE, Pipelines
from minikf.embedded.poddefaults.admission import pod_default_advice
from minikf.embedded.pods import SUBRESOURCES
from minikf.embedded.pods.request import Handler
from minikf.embedded.pods.runtime import PodRuntime
from minikf.embedded.registry import PREFIX, ModelRegistry, RegistryStore, registry_app
from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.resolve import ResolvedModel, parse_model_uri, resolve_model
from minikf.embedded.settings import Settings
from minikf.embedded.store import Entry
from minikf.embedded.tuning.dbmanager.address import host_of
from minikf.embedded.tuning.part import PREFIX as TUNING
from minikf.embedded.tuning.part import Tuning
from minikf.embedded.tuning.reporting import Door
from minikf.errors import Refused

Report = Callable[[], Awaitable[list[dict[str, Any]]]]


@dataclass
class Running:
    """What only a platform with controllers has."""

    pods: PodRuntime
    serving: InferenceServiceController
    pipelines: Pipelines
    notebooks: NotebookController
    tuning: Tuning
    runner: Runner


@dataclass
class Parts:
    """What `assemble` made, with its life cycle."""

    objects: Objects
    registry: ModelRegistry
    running: Running | None = None
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    mounts: Mapping[str, App] = field(default_factory=dict)
    services: Mapping[str, App] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    async def start(self) -> None:
        if self.running is None:
            await seed_namespaces(self.objects)
            return
        await seed(self.objects)
        await self.running.pods.start()
        await self.running.serving.start()
        await self.running.notebooks.start()
        self.running.tuning.start()
        await self.running.runner.start()
        await self.running.pipelines.start()

    def release(self) -> None:
        """Ends requests that wait for something, so that the server can drain."""
        if self.running is not None:
            self.running.pipelines.release()

    async def stop(self, *, leave_pods: bool) -> None:
        if self.running is not None:
            await self.running.pipelines.stop()
            await self.running.runner.stop()
            await self.running.pods.stop(leave_pods=leave_pods)
            await self.running.tuning.stop(leave_pods=leave_pods)
            await self.running.serving.stop()
        await self.registry.close()

    async def report(self) -> list[dict[str, Any]]:
        """The components beside the API, as `minikf status` shows them."""
        return [component for report in self.reports for component in await report()]


def assemble(settings: Settings, objects: Objects) -> Parts:
    """Builds the parts that the settings ask for; nothing runs yet."""
    paths = settings.paths
    blobs = BlobStore(paths.blobs)
    blobs.sweep()
    registry = ModelRegistry(RegistryStore.open(paths.registry_database), blobs, paths.volumes)
    parts = Parts(objects, registry, mounts={PREFIX: registry_app(registry, ObjectLookup(objects))})
    if not settings.controllers:
        # Rules of namespaces, pods and claims are the API's own; all other hooks belong to controllers.
        objects.admission.extend((namespace_admission(), pod_admission(objects), claim_admission()))
        return parts
    objects.graceful_pods = True
    context = Context(objects=objects, paths=paths, events=EventRecorder(objects))
    pods = PodRuntime(context)
    context = replace(context, pods=pods)
    door = Door(host_of(paths.state), lambda: pods.can_mount)
    objects.admission.extend([*admission_hooks(objects, door), serving_admission, notebook_admission])
    objects.refusals.append(refuse_later_fields)
    objects.advice.append(partial(pod_default_advice, objects))

    async def resolve(uri: str) -> ResolvedModel:
        try:
            return await resolve_model(registry, *parse_model_uri(uri))
        except RegistryError as error:
            raise Refused(error.message, cause=error.reason, advice=error.advice) from error

    serving = InferenceServiceController(context, resolve)
    pipelines = Pipelines(context, os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    notebooks = NotebookController(context, f"https://127.0.0.1:{settings.port}")
    objects.admission.append(pipelines.admission)
    tuning = Tuning(context)
    others: list[Controller] = [serving, notebooks, *tuning.controllers, *pipelines.controllers]
    runner = Runner(context, [*controllers(context), *others])
    parts.running = Running(context.pods, serving, pipelines, notebooks, tuning, runner)
    parts.mounts = {**parts.mounts, PIPELINES: pipelines.app, TUNING: tuning.app}
    parts.services = {SERVICE: pipelines.app}
    parts.subresources = pod_subresources(context)
    parts.reports.append(lambda: fork_servers(context.pods))
    parts.reports.append(lambda: beside(tuning))
    return parts


def controllers(context: Context) -> list[Controller]:
    return [
        NamespaceController(context),
        GarbageCollector(context),
        VolumeController(context),
        QuotaController(context),
        JobController(context),
        TrainJobController(context),
        *training_controllers(context),
        PodController(context),
    ]


async def fork_servers(pods: PodRuntime) -> list[dict[str, Any]]:
    """Launcher and warm servers as components of `minikf status`."""
    return [_component(server) for server in await pods.report() if server["state"] != "off"]


async def beside(tuning: Tuning) -> list[dict[str, Any]]:
    """Katib's db-manager as a component, while it is needed."""
    return [_component(process) for process in tuning.report()]


def _component(process: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": process["name"],
        "state": process["state"],
        "healthy": process["state"] in ("ready", "starting"),
        "cause": process["cause"],
        "address": process.get("address", ""),
        "memoryBytes": memory_of(process["pid"]),
    }


def memory_of(pid: int) -> int:
    """Resident bytes of a process, 0 when it is not there."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except psutil.Error:
        return 0


def pod_subresources(context: Context) -> dict[str, Subresource]:
    """Logs, exec and port-forward, bound to this platform."""

    def bound(handler: Handler) -> Subresource:
        async def subresource(entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
            await handler(context, entry, scope, receive, send)

        return subresource

    return {name: bound(handler) for name, handler in SUBRESOURCES.items()}
