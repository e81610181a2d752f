"""Which parts a platform has: admission, controllers, pod subresources and mounted surfaces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.api.app import App
from minikf.embedded.api.kubernetes import Subresource
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.events import EventRecorder
from minikf.embedded.controllers.runner import Runner
from minikf.embedded.objects import Objects
from minikf.embedded.settings import Settings
from minikf.embedded.status import ApiError

NAMESPACES = ("default", "kubeflow", "kubeflow-system", "kube-system")


@dataclass
class Parts:
    """What `assemble` made, with its life cycle."""

    objects: Objects
    runner: Runner | None
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    mounts: Mapping[str, App] = field(default_factory=dict)
    reports: list[Callable[[], Awaitable[dict[str, Any]]]] = field(default_factory=list)

    async def start(self) -> None:
        for name in NAMESPACES:
            if self.objects.find(kinds.NAMESPACE, "", name) is None:
                try:
                    await self.objects.create(kinds.NAMESPACE, "", {"metadata": {"name": name}})
                except ApiError as error:
                    if error.reason != "AlreadyExists":
                        raise
        if self.runner is not None:
            await self.runner.start()

    async def stop(self, *, leave_pods: bool) -> None:
        if self.runner is not None:
            await self.runner.stop()

    async def report(self) -> list[dict[str, Any]]:
        """The components beside the API, as `minikf status` shows them."""
        return [await report() for report in self.reports]


def assemble(settings: Settings, objects: Objects, token: str) -> Parts:
    """Builds the parts that the settings ask for; nothing runs yet."""
    if not settings.controllers:
        return Parts(objects, None)
    objects.graceful_pods = True
    context = Context(objects=objects, paths=settings.paths, events=EventRecorder(objects))
    return Parts(objects, Runner(context, []))
