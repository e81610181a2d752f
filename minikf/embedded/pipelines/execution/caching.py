"""Looks for a result that an earlier task has made."""

from __future__ import annotations

import asyncio

from minikf.embedded.pipelines.execution.content import local, size_of
from minikf.embedded.pipelines.records import Artifact, TaskRecord
from minikf.embedded.pipelines.store.store import PipelineStore


async def find_result(store: PipelineStore, key: str) -> TaskRecord | None:
    """The newest task that succeeded with this key and whose artifacts are all still there."""
    for candidate in store.find_cached(key):
        artifacts = [one for found in candidate.outputs.artifacts.values() for one in found]
        if not artifacts or await asyncio.to_thread(_all_there, artifacts):
            return candidate
    return None


def _all_there(artifacts: list[Artifact]) -> bool:
    """By size: a hash of everything would cost what the cache is to save. Without a hash there was never a file."""
    return all(_is_there(one) for one in artifacts)


def _is_there(artifact: Artifact) -> bool:
    path = local(artifact.uri)
    return not artifact.sha256 or path is None or size_of(path) == artifact.size
