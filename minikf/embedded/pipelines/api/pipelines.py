"""Pipelines and their versions: create, get, list, change, delete. Files come in through `uploads`."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from minikf.embedded.pipelines.api import messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service
from minikf.embedded.pipelines.api.creation import split_documents
from minikf.embedded.pipelines.api.errors import ApiFailure, invalid, not_found
from minikf.embedded.pipelines.api.lists import listing, page
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.store import Listing, NotFound, Pipeline, PipelineVersion
from minikf.embedded.pipelines.store.listing import PIPELINE_FIELDS, VERSION_FIELDS

# Source: upstream's `backend/src/apiserver/model` (MaxTagKeyLength, MaxTagValueLength).
_TAG_LIMIT = 63
_TAGS = 100
_NO_URL = messages.refused("nothing is fetched from the network on request; send the document as 'pipeline_spec'")


def tags(value: Any, where: str) -> dict[str, str]:
    """Raises ApiFailure 400."""
    found = messages.texts(value, where)
    if len(found) > _TAGS or any(len(key) > _TAG_LIMIT or len(one) > _TAG_LIMIT for key, one in found.items()):
        raise invalid(f"{where} may be {_TAGS} keys and values of at most {_TAG_LIMIT} characters each")
    return found


_PIPELINE: messages.Shape = {
    "name": messages.name,
    "display_name": messages.name,
    "description": messages.text,
    "namespace": messages.name,
    "tags": tags,
    "pipeline_id": messages.name,
    "created_at": messages.output_only,
    "error": messages.output_only,
}
_VERSION: messages.Shape = {
    "name": messages.name,
    "display_name": messages.name,
    "description": messages.text,
    "code_source_url": messages.text,
    "pipeline_spec": messages.struct,
    "package_url": messages.message({"pipeline_url": _NO_URL}),
    "tags": tags,
    "pipeline_id": messages.name,
    "pipeline_version_id": messages.name,
    "created_at": messages.output_only,
    "error": messages.output_only,
}
_BOTH: messages.Shape = {"pipeline": messages.message(_PIPELINE), "pipeline_version": messages.message(_VERSION)}


async def create(service: Service, call: Call) -> Answer:
    said = messages.read(messages.parse(call.body), _PIPELINE, "the pipeline")
    made = new_pipeline(service, said)
    await service.store.add_pipeline(made)
    return views.pipeline(made)


async def create_with_version(service: Service, call: Call) -> Answer:
    """A pipeline and its first version: both or none."""
    said = messages.read(messages.parse(call.body), _BOTH, "the request")
    first, version = said.get("pipeline", {}), said.get("pipeline_version", {})
    documents = _documents(version)
    name = first.get("name") or first.get("display_name") or version.get("name") or _title(documents[0])
    made = new_pipeline(service, {**first, "name": name})
    await service.store.add_pipeline(made, new_version(service, made.id, {"name": name, **version}, *documents))
    return views.pipeline(made)


async def create_version(service: Service, call: Call) -> Answer:
    owner = found_pipeline(service, call.ids["pipeline_id"])
    said = messages.read(messages.parse(call.body), _VERSION, "the pipeline version")
    if said.get("pipeline_id", owner.id) != owner.id:
        raise invalid(f"the body's pipeline_id '{said['pipeline_id']}' is not the path's")
    made = new_version(service, owner.id, said, *_documents(said))
    await service.store.add_version(made)
    return views.version(made)


async def get(service: Service, call: Call) -> Answer:
    return views.pipeline(found_pipeline(service, call.ids["pipeline_id"]))


async def get_named(service: Service, call: Call) -> Answer:
    place = call.query.get("namespace") or service.namespace
    found = service.store.pipeline_named(place, call.ids["name"])
    if found is None:
        raise not_found(f"no pipeline in the namespace '{place}' has the name '{call.ids['name'][:80]}'")
    return views.pipeline(found)


async def list_all(service: Service, call: Call) -> Answer:
    """Those of the namespace; without one, of the platform's own, so that a name is found once."""
    place = call.query.get("namespace") or service.namespace
    listed = listing(call.query, PIPELINE_FIELDS, (("namespace", place),))
    return page(service.store.pipelines(listed), listed, call.query, "pipelines", views.pipeline)


async def update(service: Service, call: Call) -> Answer:
    """`display_name` and `tags`; what the body does not say stays."""
    now = found_pipeline(service, call.ids["pipeline_id"])
    said = messages.read(messages.parse(call.body), _PIPELINE, "the pipeline")
    fixed = {"pipeline_id": now.id, "name": now.name, "namespace": now.namespace, "description": now.description}
    _only_changes(said, fixed)
    await _describe(service, "pipeline", now, said)
    return views.pipeline(found_pipeline(service, now.id))


async def delete(service: Service, call: Call) -> Answer:
    """With `cascade=true` its versions go too; without, a pipeline that has any is kept."""
    found = found_pipeline(service, call.ids["pipeline_id"])
    if not call.flag("cascade"):
        newest = service.store.newest_version(found.id)
        if newest is not None:
            raise invalid(
                f"the pipeline '{found.name}' has versions, such as '{newest.name}'",
                "delete them first, or delete with cascade=true",
            )
    if found.is_object and service.catalog is not None:
        await service.catalog.delete("pipeline", found.id)
    with contextlib.suppress(NotFound):  # who follows objects may have been quicker
        await service.store.delete_pipeline(found.id)
    return {}


async def get_version(service: Service, call: Call) -> Answer:
    return views.version(_found_version(service, call))


async def list_versions(service: Service, call: Call) -> Answer:
    owner = found_pipeline(service, call.ids["pipeline_id"])
    listed: Listing = listing(call.query, VERSION_FIELDS, (("pipeline_id", owner.id),))
    return page(service.store.versions(listed), listed, call.query, "pipeline_versions", views.version)


async def update_version(service: Service, call: Call) -> Answer:
    """`display_name` and `tags`; what the body does not say stays."""
    now = _found_version(service, call)
    said = messages.read(messages.parse(call.body), _VERSION, "the pipeline version")
    said.pop("package_url", None)
    fixed = {
        "pipeline_id": now.pipeline_id,
        "pipeline_version_id": now.id,
        "name": now.name,
        "description": now.description,
        "code_source_url": now.code_source_url,
        "pipeline_spec": views.version(now)["pipeline_spec"],
    }
    _only_changes(said, fixed)
    await _describe(service, "version", now, said)
    return views.version(_found_version(service, call))


async def delete_version(service: Service, call: Call) -> Answer:
    found = _found_version(service, call)
    if found.is_object and service.catalog is not None:
        await service.catalog.delete("version", found.id)
    with contextlib.suppress(NotFound):
        await service.store.delete_version(found.id)
    return {}


async def _describe(service: Service, kind: str, now: Pipeline | PipelineVersion, said: Mapping[str, Any]) -> None:
    name = said.get("display_name") or now.display_name
    if now.is_object and service.catalog is not None and name != now.display_name:
        await service.catalog.describe(kind, now.id, name)
    await service.store.describe(kind, now.id, name, said.get("tags"))


def new_pipeline(service: Service, said: Mapping[str, Any]) -> Pipeline:
    """Raises ApiFailure 400 where it has no name, or for its namespace."""
    name = said.get("name") or said.get("display_name") or ""
    if not name.strip():
        raise invalid("the pipeline must have a 'name'")
    return Pipeline(
        id=str(uuid.uuid4()),
        name=name,
        namespace=service.place(said.get("namespace")),
        display_name=said.get("display_name") or name,
        description=said.get("description", ""),
        tags=said.get("tags", {}),
        created=service.clock(),
    )


def new_version(
    service: Service,
    pipeline_id: str,
    said: Mapping[str, Any],
    pipeline_spec: Mapping[str, Json],
    platform_spec: Mapping[str, Json],
) -> PipelineVersion:
    """A version of documents that were checked. Its name is the document's where none is said."""
    name = said.get("name") or said.get("display_name") or _title(pipeline_spec)
    if not name.strip():
        raise invalid("the pipeline version must have a 'name'")
    return PipelineVersion(
        id=str(uuid.uuid4()),
        pipeline_id=pipeline_id,
        name=name,
        pipeline_spec=pipeline_spec,
        platform_spec=platform_spec,
        display_name=said.get("display_name") or name,
        description=said.get("description", ""),
        code_source_url=said.get("code_source_url", ""),
        tags=said.get("tags", {}),
        created=service.clock(),
    )


def found_pipeline(service: Service, pipeline_id: str) -> Pipeline:
    """Raises ApiFailure 404."""
    found = service.store.pipeline(pipeline_id)
    if found is None:
        raise not_found(f"no pipeline has the id '{pipeline_id[:80]}'")
    return found


def _found_version(service: Service, call: Call) -> PipelineVersion:
    owner, version_id = found_pipeline(service, call.ids["pipeline_id"]), call.ids["version_id"]
    found = service.store.version(version_id)
    if found is None or found.pipeline_id != owner.id:
        raise not_found(f"the pipeline '{owner.name}' has no version with the id '{version_id[:80]}'")
    return found


def _documents(said: Mapping[str, Any]) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """The documents of a version's body, checked. Raises ApiFailure or PipelineError."""
    from minikf.embedded.pipelines.spec import from_documents

    if not said.get("pipeline_spec"):
        raise invalid("the pipeline version must have a 'pipeline_spec'")
    package = from_documents(*split_documents(said["pipeline_spec"]))
    return package.pipeline_spec, package.platform_spec


def _title(pipeline_spec: Mapping[str, Json]) -> str:
    information = pipeline_spec.get("pipelineInfo") or pipeline_spec.get("pipeline_info") or {}
    return str(information.get("name", ""))


def _only_changes(said: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
    for key, value in said.items():
        if key in fixed and value not in ("", fixed[key]):
            raise ApiFailure(3, f"'{key}' cannot be changed", "'display_name' and 'tags' can")
