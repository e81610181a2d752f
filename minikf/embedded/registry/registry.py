"""The model registry: what its API, the controllers and the command line ask of it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from minikf.blobs import BlobStore
from minikf.embedded.registry import content, listing
from minikf.embedded.registry.bodies import Body
from minikf.embedded.registry.content import Content
from minikf.embedded.registry.errors import RegistryError, invalid
from minikf.embedded.registry.kinds import ARTIFACTS, MODEL_ARTIFACT, MODEL_VERSION, NAMED_VALUES, Kind
from minikf.embedded.registry.listing import Options, Page
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.session import Session
from minikf.embedded.registry.store import RegistryStore
from minikf.embedded.registry.values import Property

_INGESTS = 2  # files hashed and copied at the same time: more would only make the disk jump


class _Overtaken(Exception):
    """The artifact changed while its content was read."""


class ModelRegistry:
    """Resources in the store, content of local models in the blobs; `volumes` holds the claims' folders."""

    def __init__(self, store: RegistryStore, blobs: BlobStore, volumes: Path) -> None:
        self.store = store
        self.blobs = blobs
        self._volumes = volumes
        self._ingests = ThreadPoolExecutor(_INGESTS, thread_name_prefix="ingest")

    async def close(self) -> None:
        """Ends after the work that was asked for."""
        await asyncio.to_thread(self._ingests.shutdown)
        await self.store.close()

    async def get(self, resource_id: int, kinds: tuple[Kind, ...]) -> Resource:
        """The resource. Raises RegistryError 404."""
        return await self.store.read(lambda session: session.get(resource_id, kinds))

    async def find(self, query: Mapping[str, str], kinds: tuple[Kind, ...]) -> Resource:
        """The one resource that a find route's query means. Raises RegistryError 400 or 404."""
        return await self.store.read(lambda session: listing.find(session, query, kinds))

    async def page(self, options: Options, parent: tuple[int, Kind] | None = None) -> Page:
        """Resources, of one parent where it is given. Raises RegistryError 404 for the parent."""

        def work(session: Session) -> Page:
            if parent is not None:
                session.get(parent[0], (parent[1],))
            return listing.page(session, options, parent[0] if parent is not None else None)

        return await self.store.read(work)

    async def create(self, body: Body) -> Resource:
        """Adds a resource; a model artifact's local content is stored first. Raises RegistryError 404 or 409."""
        hints = body.properties or {}
        if body.kind.is_artifact and body.parent is not None:
            hints = (await self.get(body.parent, (MODEL_VERSION,))).properties | hints
        found = await self._ingest(body.kind, body.fields.get("uri"), hints)
        properties = _properties(body, {}, found)
        return await self.store.write(lambda session: session.create(body, properties))

    async def update(self, resource_id: int, body: Body, *, version: int | None = None) -> Resource:
        """Changes what the body names; `version` is a model version that an artifact shall belong to, too.

        Content that is already stored stays as it is, unless the uri changes. Raises RegistryError 400, 404 or 409.
        """
        while True:
            existing = await self.get(resource_id, ARTIFACTS if body.kind.is_artifact else (body.kind,))
            if existing.kind is not body.kind:
                raise invalid(f"the artifact {resource_id} is a {existing.kind.artifact_type}, and stays one")
            found = await self._content_of(existing, body)
            try:
                return await self.store.write(_updating(existing, body, found, version))
            except _Overtaken:
                continue

    async def upsert_artifact(self, version: int, body: Body) -> tuple[Resource, bool]:
        """Creates an artifact in a model version, or updates one and makes it belong to it; True where it is new.

        A body without an id that names a metric or parameter of the version updates that one.
        """
        owner = await self.get(version, (MODEL_VERSION,))
        if body.id is not None:
            return await self.update(body.id, body, version=owner.id), False
        if body.kind in NAMED_VALUES and body.name is not None:
            options = Options((body.kind,), name=body.name)
            for existing in (await self.page(options, (version, MODEL_VERSION))).items:
                return await self.update(existing.id, body, version=owner.id), False
        return await self.create(body.under(version)), True

    async def _content_of(self, existing: Resource, body: Body) -> Content:
        uri = body.fields.get("uri", existing.fields.get("uri"))
        known = content.stored(existing.properties)
        if uri == existing.fields.get("uri") and known.blob is not None:
            return known
        hints = existing.properties | (body.properties or {})
        if existing.parent is not None and existing.kind.is_artifact:
            hints = (await self.get(existing.parent, (MODEL_VERSION,))).properties | hints
        return await self._ingest(existing.kind, uri, hints)

    async def _ingest(self, kind: Kind, uri: str | None, hints: dict[str, Property]) -> Content:
        if kind is not MODEL_ARTIFACT or not uri:
            return Content()
        arguments = (uri, hints, self.blobs, self._volumes)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._ingests, content.ingest, *arguments)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            advice = "free some disk space and try again" if full else f"look at {self.blobs.root}"
            raise RegistryError(
                503, "StorageFailed", f"the content of {uri} cannot be stored: {error}", advice
            ) from error


def _updating(existing: Resource, body: Body, found: Content, version: int | None) -> Callable[[Session], Resource]:
    """The change, to be made only if the artifact's content is still what it was when `found` was made."""

    def work(session: Session) -> Resource:
        now = session.get(existing.id, (existing.kind,))
        if now.fields.get("uri") != existing.fields.get("uri") or _owned(now) != _owned(existing):
            raise _Overtaken
        if version is not None:
            session.attribute(version, existing.id)
        return session.update(now, body, _properties(body, now.properties, found))

    return work


def _properties(body: Body, existing: dict[str, Property], found: Content) -> dict[str, Property]:
    """The client's properties (all of them are replaced where it sends some) and the registry's own."""
    chosen = existing if body.properties is None else body.properties
    if body.kind is not MODEL_ARTIFACT:
        return chosen
    return content.without_owned(chosen) | found.properties()


def _owned(resource: Resource) -> dict[str, Property]:
    return {name: value for name, value in resource.properties.items() if name in content.OWNED}
