"""Keeps every run going that is not over: one asyncio task for each."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

from minikf.embedded.controllers.context import Context
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.leftovers import forget_run, sweep_files
from minikf.embedded.pipelines.execution.podwatch import PodWatch
from minikf.embedded.pipelines.execution.retrying import to_forget
from minikf.embedded.pipelines.execution.run import RunTask
from minikf.embedded.pipelines.execution.slots import Slots
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.execution.workspace import sweep_workspaces
from minikf.embedded.pipelines.records import RunRecord, RunState
from minikf.embedded.pipelines.spec.package import from_documents
from minikf.embedded.pipelines.store.errors import NotFound
from minikf.embedded.pipelines.store.store import PipelineStore
from minikf.embedded.status import ApiError

log = logging.getLogger("minikf.pipelines")

# After an error of the store (a full disk) or of our own, the run is taken up again from its records.
_PAUSES = (1.0, 5.0, 30.0)


class RunKeeper:
    """Made once for a platform; runs from `start` to `stop`."""

    def __init__(
        self, context: Context, store: PipelineStore, *, artifacts: Path | None = None, processors: int | None = None
    ) -> None:
        """`artifacts` is the folder of outputs, by default the platform's."""
        self._tools = Tools(
            context,
            store,
            PodWatch(context.objects),
            Slots(processors or os.cpu_count() or 1),
            artifacts or context.paths.artifacts,
        )
        self._runs: dict[str, RunTask] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._changes: dict[str, asyncio.Future[None]] = {}

    async def start(self) -> None:
        """Takes up all runs that are not over."""
        self._tools.artifacts.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tools.watch.start()
        for run in self._tools.store.unfinished_runs():
            self._begin(run)
        try:
            await sweep_workspaces(self._tools)
            await sweep_files(self._tools)
        except (OSError, ApiError) as error:
            log.warning("files of deleted runs cannot be removed: %s", error)

    async def stop(self) -> None:
        """Leaves pods and records as they are, for the next keeper."""
        going = list(self._going.values())
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await self._tools.watch.stop()
        for run_id in list(self._changes):
            self._tell(run_id)

    async def launch(self, run_id: str) -> None:
        """Begins a run that the store holds as PENDING; one that goes already is left alone. Raises NotFound."""
        run = self._run(run_id)
        if not run.state.is_over and run_id not in self._going:
            self._begin(run)

    async def terminate(self, run_id: str) -> None:
        """Cancels a run that is not over; returns once CANCELING is durable. Raises NotFound.

        Its pods are ended and tasks that were not over become CANCELED. Exit tasks do not run: KFP's terminate ends the
        whole workflow, too.
        """
        run = self._run(run_id)
        if run.state.is_over:
            return
        if run_id not in self._going:
            self._begin(run)
        await self._runs[run_id].cancel()

    async def retry(self, run_id: str) -> None:
        """Takes up a run that FAILED or was CANCELED: what succeeded stays, all else and what follows is due again.

        Raises NotFound, and PipelineError for a run in another state.
        """
        run = self._run(run_id)
        if run.state not in (RunState.FAILED, RunState.CANCELED):
            raise PipelineError(f"run {run_id} is {run.state}, and only a failed or canceled one can be tried again")
        if run_id in self._going:  # its end is written, and its task is about to return
            await asyncio.wait([self._going[run_id]])
        store = self._tools.store
        package = from_documents(run.pipeline_spec, run.platform_spec or None)
        await store.delete_tasks(run_id, to_forget(package, store.tasks(run_id)))
        state = RunState.PENDING
        history = (*run.history, (self._tools.now(), state.value, ""))
        await store.put_run(replace(run, state=state, error="", finished=0.0, history=history))
        self._tell(run_id)
        await self.launch(run_id)

    async def forget(self, run_id: str, namespace: str) -> None:
        """Removes the pods and files of a run that the store has no more; what other runs use of it stays."""
        if run_id in self._going:
            await asyncio.wait([self._going[run_id]])
        try:
            await forget_run(self._tools, run_id, namespace)
        except (OSError, ApiError) as error:
            log.warning("run %s: its files cannot be removed, until the next start: %s", run_id, error)

    def changed(self, run_id: str) -> Awaitable[object]:
        """Ends when the run's record is written next, counted from this call."""
        if run_id not in self._changes:
            self._changes[run_id] = asyncio.get_running_loop().create_future()
        return asyncio.shield(self._changes[run_id])

    def _run(self, run_id: str) -> RunRecord:
        run = self._tools.store.run(run_id)
        if run is None:
            raise NotFound("run", run_id)
        return run

    def _tell(self, run_id: str) -> None:
        waiting = self._changes.pop(run_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _begin(self, run: RunRecord) -> None:
        self._runs[run.id] = RunTask(self._tools, run, lambda: self._tell(run.id))
        task = asyncio.create_task(self._keep(run.id), name=f"pipelines: run {run.id}")
        self._going[run.id] = task
        task.add_done_callback(lambda _done: self._forget(run.id))

    def _forget(self, run_id: str) -> None:
        self._going.pop(run_id, None)
        self._runs.pop(run_id, None)

    async def _keep(self, run_id: str) -> None:
        """Works on a run until it is over, again from its records after an error that is none of the run's."""
        failures = 0
        while True:
            try:
                await self._runs[run_id].work()
                return
            except NotFound:
                log.warning("run %s was deleted while it went on; its pods are ended", run_id)
                await self._runs[run_id].end_pods()
                return
            except Exception:
                pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
                log.exception("run %s: an error that is not the run's; it goes on in %g s", run_id, pause)
            failures += 1
            await asyncio.sleep(pause)
            newest = self._tools.store.run(run_id)
            if newest is None or newest.state.is_over:
                return
            self._runs[run_id] = RunTask(self._tools, newest, lambda: self._tell(run_id))
