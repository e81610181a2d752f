"""The model registry API's routes: all that the official clients of `v1` and `v1alpha3` know, but experiments."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minikf.embedded.registry import bodies
from minikf.embedded.registry.bodies import Purpose
from minikf.embedded.registry.content import WARNING
from minikf.embedded.registry.errors import RegistryError, not_found
from minikf.embedded.registry.kinds import (
    ARTIFACTS,
    INFERENCE_SERVICE,
    MODEL_ARTIFACT,
    MODEL_VERSION,
    REGISTERED_MODEL,
    SERVE_MODEL,
    SERVING_ENVIRONMENT,
    Kind,
)
from minikf.embedded.registry.listing import Options, Page, options
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.resource import Resource
from minikf.embedded.registry.values import resource_id

VERSIONS = ("v1", "v1alpha3")


@dataclass(frozen=True)
class Call:
    """A request: `version` of the API, `id` from the path ("" where it has none)."""

    version: str
    id: str
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent back; `warning` goes into a Warning header."""

    status: int
    body: Any
    warning: str = ""


Handler = Callable[[ModelRegistry, Call], Awaitable[Answer]]


def route(method: str, path: str) -> tuple[Handler, str]:
    """The handler for a path below the version, and the id in it. Raises RegistryError 404, 405 or 501."""
    for pattern, handlers in _ROUTES:
        match = pattern.fullmatch(path)
        if match is not None:
            if method not in handlers:
                raise RegistryError(
                    405, "MethodNotAllowed", f"{method} is not allowed here, only {', '.join(handlers)}"
                )
            return handlers[method], match.groupdict().get("id", "")
    if path.partition("/")[0] in ("experiment", "experiments", "experiment_run", "experiment_runs"):
        raise RegistryError(
            501,
            "NotImplemented",
            "this registry has no experiments: the API's v1 has dropped them",
            "use MLflow or pipeline runs; the upstream server has them in v1alpha3",
        )
    raise not_found(f"the model registry has no path '{path}'")


def _answer(status: int, resource: Resource, call: Call) -> Answer:
    return Answer(status, resource.wire(call.version), resource.string_property(WARNING))


def _list(page: Page, call: Call) -> Answer:
    items = [resource.wire(call.version) for resource in page.items]
    return Answer(200, {"items": items, "nextPageToken": page.next_token, "pageSize": page.size, "size": len(items)})


def _lister(*kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        return _list(await registry.page(options(call.query, kinds)), call)

    return handle


def _child_lister(parent: Kind, *kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        wanted = options(call.query, kinds)
        return _list(await registry.page(wanted, (resource_id("id", call.id), parent)), call)

    return handle


def _getter(*kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        return _answer(200, await registry.get(resource_id("id", call.id), kinds), call)

    return handle


def _finder(*kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        return _answer(200, await registry.find(call.query, kinds), call)

    return handle


def _creator(*kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        raw = bodies.parse(call.body)
        kind = kinds[0] if len(kinds) == 1 else bodies.artifact_kind(raw)
        return _answer(201, await registry.create(bodies.read(kind, raw, Purpose.CREATE)), call)

    return handle


def _child_creator(kind: Kind, purpose: Purpose) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        body = bodies.read(kind, bodies.parse(call.body), purpose).under(resource_id("id", call.id))
        if body.id is not None:
            return _answer(201, await registry.update(body.id, body), call)  # 201 in any case, as upstream
        return _answer(201, await registry.create(body), call)

    return handle


def _updater(*kinds: Kind) -> Handler:
    async def handle(registry: ModelRegistry, call: Call) -> Answer:
        raw = bodies.parse(call.body)
        kind = kinds[0] if len(kinds) == 1 else bodies.artifact_kind(raw)
        identity = resource_id("id", call.id)
        if len(kinds) == 1:
            await registry.get(identity, kinds)  # 404, not 400, where it is another kind of artifact
        return _answer(200, await registry.update(identity, bodies.read(kind, raw, Purpose.UPDATE)), call)

    return handle


async def _upsert_artifact(registry: ModelRegistry, call: Call) -> Answer:
    raw = bodies.parse(call.body)
    kind = bodies.artifact_kind(raw)
    body = bodies.read(kind, raw, Purpose.UPSERT)
    resource, is_new = await registry.upsert_artifact(resource_id("id", call.id), body)
    # 201 for new models and documents only: upstream answers 200 for data sets, metrics and parameters.
    return _answer(201 if is_new and kind.artifact_type in ("model-artifact", "doc-artifact") else 200, resource, call)


async def _served_model(registry: ModelRegistry, call: Call) -> Answer:
    service = await registry.get(resource_id("id", call.id), (INFERENCE_SERVICE,))
    return _answer(200, await registry.get(service.fields["registeredModelId"], (REGISTERED_MODEL,)), call)


async def _served_version(registry: ModelRegistry, call: Call) -> Answer:
    """The version that the service names, else the model's newest."""
    service = await registry.get(resource_id("id", call.id), (INFERENCE_SERVICE,))
    if "modelVersionId" in service.fields:
        return _answer(200, await registry.get(service.fields["modelVersionId"], (MODEL_VERSION,)), call)
    newest = Options((MODEL_VERSION,), descending=True, size=1)
    versions = (await registry.page(newest, (service.fields["registeredModelId"], REGISTERED_MODEL))).items
    if not versions:
        raise not_found(f"the model of the inference service {call.id} has no version")
    return _answer(200, versions[0], call)


_COLLECTIONS: dict[str, tuple[Kind, ...]] = {
    "registered_model": (REGISTERED_MODEL,),
    "model_version": (MODEL_VERSION,),
    "artifact": ARTIFACTS,
    "model_artifact": (MODEL_ARTIFACT,),
    "serving_environment": (SERVING_ENVIRONMENT,),
    "inference_service": (INFERENCE_SERVICE,),
}
_CHILDREN: dict[str, dict[str, Handler]] = {
    "registered_models/{id}/versions": {
        "GET": _child_lister(REGISTERED_MODEL, MODEL_VERSION),
        "POST": _child_creator(MODEL_VERSION, Purpose.UPSERT),
    },
    "model_versions/{id}/artifacts": {"GET": _child_lister(MODEL_VERSION, *ARTIFACTS), "POST": _upsert_artifact},
    "serving_environments/{id}/inference_services": {
        "GET": _child_lister(SERVING_ENVIRONMENT, INFERENCE_SERVICE),
        "POST": _child_creator(INFERENCE_SERVICE, Purpose.CREATE),
    },
    "inference_services/{id}/serves": {
        "GET": _child_lister(INFERENCE_SERVICE, SERVE_MODEL),
        "POST": _child_creator(SERVE_MODEL, Purpose.CREATE),
    },
    "inference_services/{id}/model": {"GET": _served_model},
    "inference_services/{id}/version": {"GET": _served_version},
}


def _table() -> dict[str, dict[str, Handler]]:
    table: dict[str, dict[str, Handler]] = {}
    for name, kinds in _COLLECTIONS.items():
        table[name] = {"GET": _finder(*kinds)}
        table[f"{name}s"] = {"GET": _lister(*kinds), "POST": _creator(*kinds)}
        table[f"{name}s/{{id}}"] = {"GET": _getter(*kinds), "PATCH": _updater(*kinds)}
    return table | _CHILDREN


_ROUTES = [(re.compile(path.replace("{id}", "(?P<id>[^/]+)")), handlers) for path, handlers in _table().items()]
