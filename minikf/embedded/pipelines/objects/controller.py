"""Keeps the store's pipelines and versions what their objects say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, key_of
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import PIPELINE, PIPELINE_VERSION, Kind
from minikf.embedded.pipelines.objects.reading import READY, pipeline_of, version_of
from minikf.embedded.pipelines.store import Listing, Pipeline, PipelineStore, PipelineVersion
from minikf.embedded.pipelines.store.errors import NotFound
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.store import Change

_OF_OBJECTS = Listing(equal=(("is_object", 1),))


class PipelineController:
    """Pipelines: one record for each object, with its uid as id."""

    component = "pipeline-controller"
    kinds: tuple[Kind, ...] = (PIPELINE,)

    def __init__(self, context: Context, store: PipelineStore) -> None:
        self._objects = context.objects
        self._store = store

    def keys(self, change: Change) -> Iterable[Key]:
        yield key_of(change.entry)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(PIPELINE, key.namespace, key.name)
        if entry is None:
            await self.sweep()
            return None
        said = pipeline_of(entry.obj)
        known = self._store.pipeline_named(key.namespace, key.name)
        if known is not None and known.is_object and known.id != said.id:
            await self._forget(known)
            known = None
        if known is None:
            await self._store.add_pipeline(said)
        elif known.id == said.id and known != replace(said, tags=known.tags):
            await self._store.describe("pipeline", said.id, said.display_name, description=said.description)
        return None

    async def sweep(self) -> None:
        """Forgets records whose objects are gone, also those that went while no daemon ran to the end."""
        there = {entry.obj["metadata"]["uid"] for entry in self._objects.list(PIPELINE)}
        for known in self._store.pipelines(_OF_OBJECTS).items:
            if known.id not in there:
                await self._forget(known)

    async def _forget(self, known: Pipeline) -> None:
        with contextlib.suppress(NotFound):
            await self._store.delete_pipeline(known.id)


class PipelineVersionController:
    """Versions: as pipelines, once their pipeline is known."""

    component = "pipelineversion-controller"
    kinds: tuple[Kind, ...] = (PIPELINE_VERSION,)

    def __init__(self, context: Context, store: PipelineStore, pipelines: PipelineController) -> None:
        self._objects = context.objects
        self._store = store
        self._pipelines = pipelines

    def keys(self, change: Change) -> Iterable[Key]:
        yield key_of(change.entry)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(PIPELINE_VERSION, key.namespace, key.name)
        if entry is None:
            await self.sweep()
            return None
        known = self._store.version(entry.obj["metadata"]["uid"])
        said = version_of(entry.obj)
        if known is None:
            await self._pipelines.reconcile(Key(key.namespace, entry.obj["spec"]["pipelineName"]))
            await self._store.add_version(said)
        elif known != replace(said, tags=known.tags):
            await self._store.describe("version", said.id, said.display_name, description=said.description)
        if READY not in ((entry.obj.get("status") or {}).get("conditions") or []):
            await self._objects.patch(PIPELINE_VERSION, key.namespace, key.name, _ready, subresource="status")
        return None

    async def sweep(self) -> None:
        """As of pipelines."""
        there = {entry.obj["metadata"]["uid"] for entry in self._objects.list(PIPELINE_VERSION)}
        for known in self._store.versions(_OF_OBJECTS).items:
            if known.id not in there:
                await self._forget(known)

    async def _forget(self, known: PipelineVersion) -> None:
        with contextlib.suppress(NotFound):
            await self._store.delete_version(known.id)


def _ready(obj: Object) -> None:
    conditions = (obj.get("status") or {}).get("conditions") or []
    others = [one for one in conditions if one.get("type") != READY["type"]]
    obj["status"] = {**(obj.get("status") or {}), "conditions": [*others, READY]}
