"""Which parts a platform has: seeds, admission, controllers, pod subresources and mounted surfaces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.api.app import App
from minikf.embedded.api.kubernetes import Subresource
from minikf.embedded.blobs import BlobStore
from minikf.embedded.controllers.admission import admission_hooks
from minikf.embedded.controllers.base import Controller
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.garbage import GarbageCollector
from minikf.embedded.controllers.job.controller import JobController
from minikf.embedded.controllers.namespace import NamespaceController, namespace_admission
from minikf.embedded.controllers.quota.controller import QuotaController
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.controllers.seed import NAMESPACES, seed
from minikf.embedded.controllers.trainjob.controller import TrainJobController
from minikf.embedded.controllers.volumes import VolumeController
from minikf.embedded.lookup import ObjectLookup
from minikf.embedded.objects import Objects
from minikf.embedded.registry import PREFIX, ModelRegistry, RegistryStore, registry_app
from minikf.embedded.settings import Settings

Report = Callable[[], Awaitable[list[dict[str, Any]]]]


@dataclass
class Parts:
    """What `assemble` made, with its life cycle."""

    objects: Objects
    registry: ModelRegistry
    runner: Runner | None = None
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    mounts: Mapping[str, App] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)

    async def start(self) -> None:
        if self.runner is None:
            for name in NAMESPACES:
                if self.objects.find(kinds.NAMESPACE, "", name) is None:
                    await self.objects.create(kinds.NAMESPACE, "", {"metadata": {"name": name}})
            return
        await seed(self.objects)
        await self.runner.start()

    async def stop(self, *, leave_pods: bool) -> None:
        if self.runner is not None:
            await self.runner.stop()
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
        # A namespace's rules are the API's own; all other hooks belong to controllers.
        objects.admission.append(namespace_admission())
        return parts
    objects.graceful_pods = True
    objects.admission.extend(admission_hooks(objects))
    context = Context(objects=objects, paths=paths, events=EventRecorder(objects))
    parts.runner = Runner(context, controllers(context))
    return parts


def controllers(context: Context) -> list[Controller]:
    return [
        NamespaceController(context),
        GarbageCollector(context),
        VolumeController(context),
        QuotaController(context),
        JobController(context),
        TrainJobController(context),
    ]
