"""Paths of tasks, which are their keys in a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.pipelines.records import TaskRecord


def parent(path: str, tasks: Mapping[str, TaskRecord]) -> str | None:
    """The path of what a task is inside of: an iteration is inside its loop, all else in what its path begins with."""
    if path.endswith("]") and "[" in path.rpartition("/")[2]:
        above = path.rpartition("[")[0]
    else:
        above = path.rpartition("/")[0]
    return above if path and above in tasks else None
