"""Makes artifacts of what exists already."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from minikf.embedded.pipelines.execution.content import content_of, local
from minikf.embedded.pipelines.execution.step import Save
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.plan.model import Import
from minikf.embedded.pipelines.records import Artifact, TaskRecord, TaskState, Values


class NotThere(Exception):
    """There is nothing at a local URI; the text is for users."""


async def carry_out_import(tools: Tools, action: Import, record: TaskRecord, save: Save) -> None:
    """What is local is hashed where it lies; a URI of another scheme is kept as it is, unread."""
    if not record.started:
        record = await save(replace(record, state=TaskState.RUNNING, started=tools.now()))
    try:
        artifact = await _artifact(tools, action)
    except (NotThere, OSError) as error:
        await save(replace(record, state=TaskState.FAILED, error=str(error), finished=tools.now()))
        return
    outputs = Values(artifacts={action.artifact.name: (artifact,)})
    await save(replace(record, state=TaskState.SUCCEEDED, outputs=outputs, finished=tools.now()))


async def _artifact(tools: Tools, action: Import) -> Artifact:
    wanted = action.artifact
    path = local(wanted.uri)
    if path is not None:
        found = await asyncio.to_thread(content_of, path)
        if found is None:
            raise NotThere(f"nothing to import: there is no file or folder {path}")
        wanted = replace(wanted, uri=str(path), sha256=found.sha256, size=found.size)
    if not action.reimport:
        for known in reversed(tools.store.artifacts_at(wanted.uri)):
            if (known.type, dict(known.metadata), known.sha256) == (wanted.type, dict(wanted.metadata), wanted.sha256):
                return known
    return replace(wanted, created=tools.now())
