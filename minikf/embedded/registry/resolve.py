"""From `model-registry://NAME/VERSION` to the files to serve."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from minikf.blobs import BlobDamaged, BlobMissing
from minikf.embedded.registry import content
from minikf.embedded.registry.content import Content
from minikf.embedded.registry.errors import RegistryError, invalid
from minikf.embedded.registry.kinds import MODEL_ARTIFACT, MODEL_VERSION, REGISTERED_MODEL
from minikf.embedded.registry.listing import Options, page
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.session import Session

SCHEME = "model-registry://"
_GONE = ("MARKED_FOR_DELETION", "DELETED", "ABANDONED")


@dataclass(frozen=True)
class ResolvedModel:
    """A registered model's files.

    `path` is the stored file or folder, read-only, or None where `uri` leads to a place outside this machine; then
    `digest` is "" and `size` 0. `digest` is `sha256:HEX` or, for a folder, `tree-sha256:HEX`; `size` is in bytes;
    `filename` is the name that the file or folder had; `format` and `format_version` are as registered, or "".
    """

    name: str
    version: str
    uri: str
    path: Path | None
    digest: str
    size: int
    filename: str
    format: str
    format_version: str


def parse_model_uri(uri: str) -> tuple[str, str | None]:
    """Name and version of a storageUri `model-registry://NAME[/VERSION]`; without a version the newest live one.

    What KServe's storage initializer of the upstream registry takes as well, so HOST/NAME/VERSION with three parts;
    a query is ignored. Raises RegistryError 400.
    """
    parts = [unquote(part) for part in uri.removeprefix(SCHEME).partition("?")[0].split("/")]
    if not uri.startswith(SCHEME) or not 1 <= len(parts) <= 3 or not all(parts):
        raise invalid(f"'{uri}' names no registered model", f"write {SCHEME}NAME/VERSION")
    if len(parts) == 3:
        parts = parts[1:]
    return parts[0], parts[1] if len(parts) == 2 else None


async def resolve_model(registry: ModelRegistry, name: str, version: str | None = None) -> ResolvedModel:
    """The files of a version, checked against their hash; of the newest live version where none is named.

    Raises RegistryError with the reason ModelNotFound, VersionNotFound, NoLiveVersion, ArtifactNotFound,
    ContentNotStored, ContentMissing or ContentDamaged.
    """
    found, artifact = await registry.store.read(lambda session: _select(session, name, version))
    held = content.stored(artifact.properties)
    return ResolvedModel(
        name=name,
        version=found.name,
        uri=artifact.text("uri"),
        path=await _path(registry, held, f"{name}/{found.name}"),
        digest=held.blob.digest if held.blob is not None else "",
        size=held.blob.size if held.blob is not None else 0,
        filename=held.filename,
        format=artifact.text("modelFormatName"),
        format_version=artifact.text("modelFormatVersion"),
    )


def model_named(session: Session, name: str) -> Resource:
    """The registered model. Raises RegistryError 404 ModelNotFound."""
    for found in page(session, Options((REGISTERED_MODEL,), name=name)).items:
        return found
    raise RegistryError(404, "ModelNotFound", f"no model is registered under the name '{name}'")


def newest_live(session: Session, model: Resource) -> Resource | None:
    """The version of the model that was created last and is not archived."""
    newest_first = Options((MODEL_VERSION,), descending=True)
    versions = page(session, newest_first, model.id).items
    return next((version for version in versions if version.fields.get("state") == "LIVE"), None)


def _select(session: Session, name: str, version: str | None) -> tuple[Resource, Resource]:
    model = model_named(session, name)
    if version is None:
        found = newest_live(session, model)
        if found is None:
            raise RegistryError(404, "NoLiveVersion", f"the model '{name}' has no version that is LIVE")
    else:
        versions = page(session, Options((MODEL_VERSION,), name=version), model.id).items
        if not versions:
            raise RegistryError(404, "VersionNotFound", f"the model '{name}' has no version '{version}'")
        found = versions[0]
    artifacts = [
        artifact
        for artifact in page(session, Options((MODEL_ARTIFACT,)), found.id).items
        if artifact.fields.get("state") not in _GONE
    ]
    if not artifacts:
        raise RegistryError(404, "ArtifactNotFound", f"the version {name}/{found.name} has no model artifact")
    # The official client gives the artifact the model's name; other artifacts of a version are extras.
    return found, next((artifact for artifact in artifacts if artifact.name == name), artifacts[0])


async def _path(registry: ModelRegistry, held: Content, what: str) -> Path | None:
    if held.warning:
        advice = "update the artifact when its file is there: that stores it"
        raise RegistryError(409, "ContentNotStored", f"{what} cannot be served: {held.warning}", advice)
    if held.blob is None:
        return None
    try:
        await asyncio.to_thread(registry.blobs.verify, held.blob.digest)
    except BlobMissing as error:
        raise RegistryError(409, "ContentMissing", f"{what} cannot be served: {error.message}", error.advice) from error
    except BlobDamaged as error:
        message = f"{what} cannot be served: {error.message}: {error.cause}"
        raise RegistryError(409, "ContentDamaged", message, error.advice) from error
    return registry.blobs.path(held.blob.digest)
