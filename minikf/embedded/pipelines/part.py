"""What a platform has of pipelines, with its life cycle: store, keeper of runs, API and schedules."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from minikf.embedded.kinds import NAMESPACE
from minikf.embedded.pipelines.api.app import PREFIX, PipelinesApp, pipelines_app
from minikf.embedded.pipelines.execution.keeper import RunKeeper
from minikf.embedded.pipelines.objects.admission import pipeline_admission
from minikf.embedded.pipelines.objects.catalog import ObjectCatalog
from minikf.embedded.pipelines.objects.controller import PipelineController, PipelineVersionController
from minikf.embedded.pipelines.store import PipelineStore

if TYPE_CHECKING:
    from minikf.embedded.controllers.base import Controller
    from minikf.embedded.controllers.context import Context

__all__ = ["PREFIX", "SERVICE", "Pipelines"]

# The Service by which clients in and outside a cluster know the API.
SERVICE = "ml-pipeline"


class Pipelines:
    """`app` is to be mounted at PREFIX and to stand for the Service SERVICE; it answers from `start` on."""

    def __init__(self, context: Context, program_path: str) -> None:
        """Opens the database; `program_path` is where programs of steps are looked for, as in PATH. Raises Refused."""
        self._store = PipelineStore.open(context.paths.pipelines_database)
        self._keeper = RunKeeper(context, self._store, artifacts=context.paths.artifacts)
        self.app: PipelinesApp = pipelines_app(
            self._store,
            self._keeper,
            has_namespace=lambda name: context.objects.find(NAMESPACE, "", name) is not None,
            find_program=lambda name: shutil.which(name, path=program_path),
            catalog=ObjectCatalog(context.objects),
        )
        self._of_pipelines = PipelineController(context, self._store)
        self._of_versions = PipelineVersionController(context, self._store, self._of_pipelines)
        self.admission = pipeline_admission(context.objects, self._store)

    @property
    def controllers(self) -> tuple[Controller, ...]:
        return self._of_pipelines, self._of_versions

    async def start(self) -> None:
        await self._of_versions.sweep()
        await self._of_pipelines.sweep()
        await self._keeper.start()
        await self.app.scheduler.start()

    def release(self) -> None:
        """Lets requests that wait for a run's end go, so that their connections can close."""
        self.app.release()

    async def stop(self) -> None:
        """Leaves runs as they are: the next daemon goes on with them."""
        self.release()
        await self.app.scheduler.stop()
        await self._keeper.stop()
        await self._store.close()
