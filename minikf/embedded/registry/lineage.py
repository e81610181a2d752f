"""What a registered model was made by, what it consists of, and what serves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from minikf.embedded.registry import content
from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.kinds import (
    INFERENCE_SERVICE,
    MODEL_ARTIFACT,
    MODEL_VERSION,
    REGISTERED_MODEL,
    SERVING_ENVIRONMENT,
)
from minikf.embedded.registry.listing import Options, page
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.resolve import SCHEME, model_named, newest_live, parse_model_uri
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.session import Session

Object = dict[str, Any]
_SOURCE_FIELDS = ("modelSourceKind", "modelSourceClass", "modelSourceGroup", "modelSourceId", "modelSourceName")


class Lookup(Protocol):
    """The Kubernetes objects that a lineage leads to, as the daemon holds them."""

    def trainjob(self, namespace: str, name: str) -> Object | None:
        """The TrainJob, or None where there is none (any more)."""

    def inference_services(self) -> Iterable[Object]:
        """All InferenceServices of all namespaces."""


async def lineage(registry: ModelRegistry, lookup: Lookup, name: str, version: str | None = None) -> Object:
    """A model, its versions (or only the one named), their files, what made them and what serves them; JSON.

    Raises RegistryError 404 ModelNotFound or VersionNotFound.
    """
    found = await registry.store.read(lambda session: _registered(session, name, version))
    served = _serving(lookup, name)
    for entry in found["versions"]:
        entry["madeBy"] = [_made(origin, lookup) for origin in entry["madeBy"]]
        entry["servedBy"] += [
            service for wanted, service in served if wanted == entry["name"] or (wanted is None and entry["newestLive"])
        ]
    return found


async def every_lineage(registry: ModelRegistry, lookup: Lookup) -> list[Object]:
    """The lineage of every registered model."""

    def names(session: Session) -> list[str]:
        return [model.name for model in page(session, Options((REGISTERED_MODEL,))).items]

    return [await lineage(registry, lookup, name) for name in await registry.store.read(names)]


def _registered(session: Session, name: str, version: str | None) -> Object:
    model = model_named(session, name)
    every = page(session, Options((MODEL_VERSION,)), model.id).items
    versions = [one for one in every if version in (None, one.name)]
    if version is not None and not versions:
        raise RegistryError(404, "VersionNotFound", f"the model '{name}' has no version '{version}'")
    return {
        "model": _summary(model, "state", "owner", "description"),
        "versions": [
            _version(session, one, is_newest=one == every[-1], is_newest_live=one == newest_live(session, model))
            for one in versions
        ],
    }


def _version(session: Session, version: Resource, *, is_newest: bool, is_newest_live: bool) -> Object:
    artifacts = page(session, Options((MODEL_ARTIFACT,)), version.id).items
    return {
        **_summary(version, "state", "author", "description"),
        "newestLive": is_newest_live,
        "artifacts": [_artifact(artifact) for artifact in artifacts],
        "learnedFrom": [uri for source in (version, *artifacts) if (uri := source.string_property(content.DATA))],
        "madeBy": [origin for source in (version, *artifacts) for origin in _origins(source)],
        "servedBy": _registered_services(session, version, is_newest=is_newest),
    }


def _artifact(artifact: Resource) -> Object:
    held = content.stored(artifact.properties)
    return {
        **_summary(artifact, "state", "uri", "modelFormatName", "modelFormatVersion"),
        "digest": held.blob.digest if held.blob is not None else "",
        "size": held.blob.size if held.blob is not None else 0,
        "warning": held.warning,
    }


def _origins(resource: Resource) -> list[Object]:
    """What a resource says it was made by: our two custom properties, and the API's modelSource fields."""
    said_by = f"{resource.kind.words} {resource.id}"
    found: list[Object] = []
    trainjob = resource.string_property(content.TRAINJOB)
    if trainjob:
        namespace, _, name = trainjob.rpartition("/")
        found.append({"kind": "TrainJob", "namespace": namespace or "default", "name": name, "saidBy": said_by})
    run = resource.string_property(content.RUN)
    if run:
        found.append({"kind": "Run", "name": run, "saidBy": said_by})
    source = {field: resource.fields[field] for field in _SOURCE_FIELDS if resource.fields.get(field)}
    if source:
        found.append({"kind": "ModelSource", **source, "saidBy": said_by})
    return found


def _made(origin: Object, lookup: Lookup) -> Object:
    """The origin, and for a TrainJob whether it is still there and how it ended."""
    if origin["kind"] != "TrainJob":
        return origin
    found = lookup.trainjob(origin["namespace"], origin["name"])
    if found is None:
        return {**origin, "exists": False}
    conditions = found.get("status", {}).get("conditions", [])
    states = [one.get("type", "") for one in conditions if one.get("status") == "True"]
    return {**origin, "exists": True, "uid": found.get("metadata", {}).get("uid", ""), "conditions": states}


def _serving(lookup: Lookup, model: str) -> list[tuple[str | None, Object]]:
    """(the version wanted, what wants it) for each InferenceService that serves the model from the registry."""
    found: list[tuple[str | None, Object]] = []
    for service in lookup.inference_services():
        uri = _storage_uri(service)
        if not uri.startswith(SCHEME):
            continue
        try:
            name, version = parse_model_uri(uri)
        except RegistryError:
            continue  # it serves nothing; its own status says why
        if name == model:
            metadata, status = service.get("metadata", {}), service.get("status", {})
            ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions", []))
            entry = {"kind": "InferenceService", "namespace": metadata.get("namespace"), "name": metadata.get("name")}
            found.append((version, {**entry, "storageUri": uri, "ready": ready, "url": status.get("url", "")}))
    return found


def _storage_uri(service: Object) -> str:
    predictor = service.get("spec", {}).get("predictor") or {}
    # `model` is today's form; sklearn, onnx and the like are the older ones of the same v1beta1 API.
    for part in predictor.values():
        if isinstance(part, dict) and isinstance(part.get("storageUri"), str):
            return str(part["storageUri"])
    return ""


def _registered_services(session: Session, version: Resource, *, is_newest: bool) -> list[Object]:
    """Inference services that clients wrote into the registry; without a version they mean the one created last."""
    found: list[Object] = []
    for service in page(session, Options((INFERENCE_SERVICE,))).items:
        wanted = service.fields.get("modelVersionId")
        if service.fields["registeredModelId"] == version.parent and (
            wanted == version.id or (wanted is None and is_newest)
        ):
            assert service.parent is not None
            environment = session.get(service.parent, (SERVING_ENVIRONMENT,))
            entry = _summary(service, "desiredState", "runtime")
            found.append({"kind": "RegistryInferenceService", "environment": environment.name, **entry})
    return found


def _summary(resource: Resource, *fields: str) -> Object:
    chosen = {field: resource.fields[field] for field in fields if field in resource.fields}
    return {"id": str(resource.id), "name": resource.name, **chosen, "createTimeSinceEpoch": str(resource.created)}
