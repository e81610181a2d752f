"""The daemon, which ends itself by SIGKILL at one moment of one run: `python -m tests.embedded.pipelines.killing`.

KILL_AT is `<run's name>: <moment>`; MOMENTS names a file that gets a line of that form for each moment that was passed.
Moments are `before` and `after` each of these: `run STATE` and `PATH STATE`, the durable writes of a run's and a task's
record; `pod PATH`, the creation of a step's pod; `move PATH`, the move of its outputs to their place, which also has
`within`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minikf.embedded import daemon
from minikf.embedded.objects import Objects
from minikf.embedded.pipelines.execution.place import TaskPlace
from minikf.embedded.pipelines.execution.steppod import RUN_LABEL, TASK_ANNOTATION
from minikf.embedded.pipelines.records import RunRecord, TaskRecord
from minikf.embedded.pipelines.store import PipelineStore

_store: list[PipelineStore] = []


def passing(run_id: str, moment: str) -> None:
    """Writes the moment down and ends the daemon if it is the one that was asked for."""
    run = _store[0].run(run_id) if _store else None
    if run is None:
        return
    name = f"{run.name}: {moment}"
    with Path(os.environ["MOMENTS"]).open("a") as file:
        file.write(f"{name}\n")
    if os.environ.get("KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


def watch_records() -> None:
    put_run, put_tasks = PipelineStore.put_run, PipelineStore.put_tasks

    async def watched_run(self: PipelineStore, run: RunRecord) -> None:
        _store[:] = [self]
        passing(run.id, f"before run {run.state}")
        await put_run(self, run)
        passing(run.id, f"after run {run.state}")

    async def watched_tasks(self: PipelineStore, run_id: str, records: Iterable[TaskRecord], run: Any = None) -> Any:
        _store[:] = [self]
        records = tuple(records)
        for record in records:
            passing(run_id, f"before {record.path} {record.state}")
        stored = await put_tasks(self, run_id, records, run)
        for record in records:
            passing(run_id, f"after {record.path} {record.state}")
        return stored

    PipelineStore.put_run = watched_run  # type: ignore[method-assign]
    PipelineStore.put_tasks = watched_tasks  # type: ignore[method-assign]


def watch_pods() -> None:
    create = Objects.create

    async def watched(self: Objects, kind: Any, namespace: str, obj: Any, **more: Any) -> Any:
        meta = obj.get("metadata") or {}
        run_id = (meta.get("labels") or {}).get(RUN_LABEL, "")
        path = (meta.get("annotations") or {}).get(TASK_ANNOTATION, "")
        if run_id:
            passing(run_id, f"before pod {path}")
        made = await create(self, kind, namespace, obj, **more)
        if run_id:
            passing(run_id, f"after pod {path}")
        return made

    Objects.create = watched  # type: ignore[method-assign]


def watch_moves() -> None:
    commit = TaskPlace.commit

    def watched(self: TaskPlace, attempt: int) -> None:
        run_id, *path = self.staging.parts[self.staging.parts.index(".staging") + 1 :]
        passing(run_id, f"before move {'/'.join(path)}")
        commit(self, attempt)
        passing(run_id, f"after move {'/'.join(path)}")

    TaskPlace.commit = watched  # type: ignore[method-assign]
    rename = Path.rename

    def watched_rename(self: Path, target: Any) -> Path:
        if ".staging" in self.parts:
            run_id, *path, _attempt = self.parts[self.parts.index(".staging") + 1 :]
            passing(run_id, f"within move {'/'.join(path)}")
        return rename(self, target)

    Path.rename = watched_rename  # type: ignore[method-assign]


if __name__ == "__main__":
    watch_records()
    watch_pods()
    watch_moves()
    sys.exit(daemon.main())
