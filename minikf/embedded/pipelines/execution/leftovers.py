"""What runs leave outside the store: pods, files of artifacts, temporary files of steps; and their end."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.pipelines.execution.content import local
from minikf.embedded.pipelines.execution.place import STAGING, file_name
from minikf.embedded.pipelines.execution.podwatch import is_of_run
from minikf.embedded.pipelines.execution.step import delete_pod
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.execution.workspace import remove_workspace


async def forget_run(tools: Tools, run_id: str, namespace: str) -> None:
    """Removes the pods and the workspace of a run that the store has no more, and the files that
    no other run's results are.

    Raises OSError where files cannot be removed; the next start of the platform tries again.
    """
    pods = tools.context.objects.list(kinds.POD, namespace, lambda pod: is_of_run(pod, run_id))
    await asyncio.gather(*(delete_pod(tools, namespace, pod.name) for pod in pods))
    await remove_workspace(tools, run_id, namespace)
    await sweep_files(tools)


async def sweep_files(tools: Tools) -> None:
    """Removes the folders of runs that are gone, but for artifacts that other runs' tasks still take or give."""
    folders = await asyncio.to_thread(_folders, tools.artifacts)
    # Asked after the folders: a run is in the store before it has one, so none that begins meanwhile is taken for gone.
    known = {file_name(run_id) for run_id in tools.store.run_ids()}
    kept = {path for uri in tools.store.uris_of_gone_runs() if (path := local(uri)) is not None}
    for folder in folders:
        if folder.name not in known:
            await asyncio.to_thread(_remove, folder, kept)


def _folders(artifacts: Path) -> list[Path]:
    roots = [root for root in (artifacts, artifacts / STAGING) if root.is_dir()]
    return [folder for root in roots for folder in root.iterdir() if folder.name != STAGING]


def _remove(path: Path, kept: Collection[Path]) -> None:
    if path in kept:
        return
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
    elif any(path in one.parents for one in kept):
        for child in path.iterdir():
            _remove(child, kept)
    else:
        shutil.rmtree(path)
