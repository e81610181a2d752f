"""Makes artifacts of what exists already."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

from minikf.embedded.pipelines.execution.content import content_of, local
from minikf.embedded.pipelines.execution.step import Save
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.execution.workspace import Workspace
from minikf.embedded.pipelines.plan.model import Import
from minikf.embedded.pipelines.records import Artifact, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.workspace import FLAG
from minikf.embedded.storage.errors import FetchFailed

_WEB = ("http://", "https://")
# Bytes of a file from the web; more does not come to a laptop by accident.
_MOST = 32 << 30


class NotThere(Exception):
    """What is to be imported is not there, or cannot be had; the text is for users."""


async def carry_out_import(
    tools: Tools, action: Import, record: TaskRecord, save: Save, workspace: Workspace | None = None
) -> None:
    """What is local is hashed where it lies; a URI of another scheme is kept as it is, unread, unless the importer
    downloads into the workspace."""
    if not record.started:
        record = await save(replace(record, state=TaskState.RUNNING, started=tools.now()))
    try:
        artifact = await _artifact(tools, action, workspace if action.executor.download_to_workspace else None)
    except (NotThere, OSError) as error:
        await save(replace(record, state=TaskState.FAILED, error=str(error), finished=tools.now()))
        return
    outputs = Values(artifacts={action.artifact.name: (artifact,)})
    await save(replace(record, state=TaskState.SUCCEEDED, outputs=outputs, finished=tools.now()))


async def _artifact(tools: Tools, action: Import, workspace: Workspace | None) -> Artifact:
    wanted = action.artifact
    path = local(wanted.uri)
    if path is not None:
        wanted = replace(wanted, uri=str(path))
    if workspace is not None:
        path = await _downloaded(wanted.uri, path, workspace)
        if workspace.is_mounted:
            wanted = replace(wanted, metadata={**wanted.metadata, FLAG: True})
    if path is not None:
        found = await asyncio.to_thread(content_of, path)
        if found is None:
            raise NotThere(f"nothing to import: there is no file or folder {path}")
        wanted = replace(wanted, sha256=found.sha256, size=found.size)
    if not action.reimport:
        for known in reversed(tools.store.artifacts_at(wanted.uri)):
            if (known.type, dict(known.metadata), known.sha256) == (wanted.type, dict(wanted.metadata), wanted.sha256):
                return known
    return replace(wanted, created=tools.now())


async def _downloaded(uri: str, path: Path | None, workspace: Workspace) -> Path:
    """Where the content is, once the workspace has it too. Raises NotThere, OSError."""
    if path is not None:
        if workspace.is_mounted and path.exists():
            await asyncio.to_thread(workspace.keep, path, uri)
        return path
    if not uri.startswith(_WEB) or not workspace.is_mounted:
        raise NotThere(
            f"{uri} cannot be downloaded into the workspace: the embedded engine reads files of this machine and"
            " http(s); download it with its own client and import file:///…, or use an engine with object storage"
        )
    return await _from_web(uri, workspace.inside(uri))


async def _from_web(uri: str, target: Path) -> Path:
    # The client of downloads is needed by few runs.
    from minikf.embedded.storage.http import Download, Seen

    part, stop = target.with_name(f"{target.name}.part"), threading.Event()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        await asyncio.to_thread(Download(uri, part, _MOST, lambda _done, _all: None, stop).run, Seen())
    except FetchFailed as error:
        raise NotThere(f"{error.message}: {error.cause}" if error.cause else error.message) from error
    finally:
        stop.set()
    part.with_name(f"{part.name}.json").unlink(missing_ok=True)
    return part.replace(target)
