"""Pipeline files as multipart forms: `POST /pipelines/upload` and `/pipelines/upload_version`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from minikf.embedded.pipelines.api import messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service
from minikf.embedded.pipelines.api.errors import invalid
from minikf.embedded.pipelines.api.pipelines import found_pipeline, new_pipeline, new_version, tags

if TYPE_CHECKING:
    from minikf.embedded.pipelines.spec import Package

_FIELD = "uploadfile"


async def upload(service: Service, call: Call) -> Answer:
    """A pipeline with its first version."""
    said = _said(call)
    package, filename = await _package(call)
    said["name"] = said.get("name") or said.get("display_name") or filename
    made = new_pipeline(service, said)
    first = new_version(service, made.id, said, package.pipeline_spec, package.platform_spec)
    await service.store.add_pipeline(made, first)
    return views.pipeline(made)


async def upload_version(service: Service, call: Call) -> Answer:
    """A version of the pipeline that the query's `pipelineid` names."""
    if not call.query.get("pipelineid"):
        raise invalid("the query must have 'pipelineid'")
    owner = found_pipeline(service, call.query["pipelineid"])
    said = _said(call)
    package, filename = await _package(call)
    said["name"] = said.get("name") or said.get("display_name") or filename
    made = new_version(service, owner.id, said, package.pipeline_spec, package.platform_spec)
    await service.store.add_version(made)
    return views.version(made)


def _said(call: Call) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key in ("name", "display_name", "namespace"):
        said[key] = messages.name(call.query.get(key, ""), f"'{key}'")
    for key in ("description", "code_source_url"):
        said[key] = messages.text(call.query.get(key, ""), f"'{key}'")
    if call.query.get("tags"):
        said["tags"] = tags(messages.parse(call.query["tags"].encode()), "'tags'")
    return said


async def _package(call: Call) -> tuple[Package, str]:
    """The uploaded package and its file's name without folders. Raises ApiFailure or PipelineError."""
    from minikf.embedded.pipelines.spec import load

    data, filename = await _file(call)
    # A file may be as large as a body: unpacking and reading it must not hold up everyone else.
    return await asyncio.to_thread(load, data, filename), filename


async def _file(call: Call) -> tuple[bytes, str]:
    from starlette.datastructures import Headers, UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise invalid(f"the content type must be multipart/form-data, not '{kind[:60]}'")

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield call.body

    try:
        form = await MultiPartParser(Headers({"content-type": kind}), chunks(), max_files=1, max_fields=20).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise invalid(f"the form cannot be read: {error}") from error
    try:
        file = form.get(_FIELD)
        if not isinstance(file, UploadFile):
            raise invalid(f"the form must have a file '{_FIELD}'")
        data = await file.read()
    finally:
        await form.close()
    if not data:
        raise invalid(f"the file '{_FIELD}' is empty")
    return data, messages.name(PurePosixPath(file.filename or "pipeline.yaml").name, "the file's name")
