"""A registry in a folder of its own, without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from minikf.blobs import BlobStore
from minikf.embedded.registry import ModelRegistry, RegistryStore
from minikf.embedded.registry.bodies import Purpose, read
from minikf.embedded.registry.kinds import BY_ARTIFACT_TYPE, MODEL_VERSION, REGISTERED_MODEL, Kind
from minikf.embedded.registry.resource import Resource


class Clock:
    """Seconds since the epoch, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Maker:
    """Makes resources by their bodies, as the routes do."""

    def __init__(self, registry: ModelRegistry) -> None:
        self.registry = registry

    async def make(self, kind: Kind, **body: Any) -> Resource:
        return await self.registry.create(read(kind, body, Purpose.CREATE))

    async def model(self, name: str = "digits", **body: Any) -> Resource:
        return await self.make(REGISTERED_MODEL, name=name, **body)

    async def version(self, model: Resource, name: str = "v1", **body: Any) -> Resource:
        return await self.make(MODEL_VERSION, name=name, registeredModelId=str(model.id), **body)

    async def artifact(self, version: Resource, kind: str = "model-artifact", **body: Any) -> Resource:
        read_body = read(BY_ARTIFACT_TYPE[kind], {"artifactType": kind, **body}, Purpose.UPSERT)
        return (await self.registry.upsert_artifact(version.id, read_body))[0]

    async def patch(self, resource: Resource, **body: Any) -> Resource:
        return await self.registry.update(resource.id, read(resource.kind, body, Purpose.UPDATE))


def text(value: str) -> dict[str, str]:
    """A custom property that is a text."""
    return {"string_value": value, "metadataType": "MetadataStringValue"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def registry(tmp_path: Path, clock: Clock) -> AsyncIterator[ModelRegistry]:
    store = RegistryStore.open(tmp_path / "data/registry.db", clock)
    made = ModelRegistry(store, BlobStore(tmp_path / "data/blobs"), tmp_path / "data/volumes")
    yield made
    await made.close()


@pytest.fixture
def maker(registry: ModelRegistry) -> Maker:
    return Maker(registry)
