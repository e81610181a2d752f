"""Carries out one run: asks the plan what is due, does it, and asks again after every change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from minikf.embedded import kinds
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.claims import carry_out_claim, is_claim_step
from minikf.embedded.pipelines.execution.importing import carry_out_import
from minikf.embedded.pipelines.execution.place import TaskPlace
from minikf.embedded.pipelines.execution.platform import check_package
from minikf.embedded.pipelines.execution.podwatch import is_of_run
from minikf.embedded.pipelines.execution.retrying import component_at
from minikf.embedded.pipelines.execution.root import at_root, notice, tidy
from minikf.embedded.pipelines.execution.scratch import remove_scratch, scratch_folder
from minikf.embedded.pipelines.execution.step import StepRunner, delete_pod
from minikf.embedded.pipelines.execution.steppod import job_names
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.execution.workspace import Workspace, make_workspace, remove_workspace, workspace_of
from minikf.embedded.pipelines.plan import advance, begun
from minikf.embedded.pipelines.plan.model import Action, Close, Ending, Import, Open, Skip, Start
from minikf.embedded.pipelines.records import Json, RunRecord, RunState, TaskRecord, TaskState
from minikf.embedded.pipelines.spec.arguments import resolve_arguments
from minikf.embedded.pipelines.spec.model import Package
from minikf.embedded.pipelines.spec.package import from_documents
from minikf.embedded.pipelines.store.errors import NotFound

log = logging.getLogger("minikf.pipelines")


class RunTask:
    """One run that is not over. `told` is called whenever the run's record was written."""

    def __init__(self, tools: Tools, run: RunRecord, told: Callable[[], None]) -> None:
        self._shared, self._tools = tools, at_root(tools, run)
        self._notice = notice(self._tools, run)
        self._run = run
        self._told = told
        self._tasks: dict[str, TaskRecord] = {}
        self._leaves: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._workspace: Workspace | None = None
        self._is_canceling = run.state is RunState.CANCELING
        # One state after the other: a run that is canceled while its end is being written has ended.
        self._writing = asyncio.Lock()

    async def work(self) -> None:
        """Until the run is over. When cancelled, its pods run on and its records stay: another RunTask takes it up."""
        self._tasks = dict(self._tools.store.tasks(self._run.id))
        try:
            if not self._is_canceling:
                ending = await self._carry_out()
                if ending is not None:
                    await self._put_run(ending.state, ending.error)
                    return
            await self._end_leaves()
            await self._cancel("the run was canceled")
            await self._put_run(RunState.CANCELED, "")
        except PipelineError as error:
            await self._end_leaves()
            await self._cancel("the run failed")
            await self._put_run(RunState.FAILED, str(error))
        finally:
            await self._end_leaves()

    async def cancel(self) -> None:
        """Ends the run's pods; `work` then ends with the run CANCELED. Exit tasks do not run, as under KFP."""
        async with self._writing:
            if self._is_canceling or self._run.state.is_over:
                return
            await self._write_run(RunState.CANCELING, "")
            self._is_canceling = True
            self._changed.set()

    # -- the loop ---------------------------------------------------------------------------------------------

    async def _carry_out(self) -> Ending | None:
        """How the run ended, None when it is being canceled. Raises PipelineError when it cannot go on."""
        package = from_documents(self._run.pipeline_spec, self._run.platform_spec or None)
        check_package(package)
        arguments = resolve_arguments(package, self._run.arguments)
        names = job_names(self._run, str(self._tools.artifacts / self._run.id))
        if self._run.state is RunState.PENDING:
            await self._put_run(RunState.RUNNING, "")
        self._workspace = workspace_of(self._tools, self._run, package)
        if self._workspace is not None:
            await make_workspace(self._tools, self._run, self._workspace)
            names["workspace_path"] = self._workspace.path
        self._resume(package, arguments, names)
        while not self._is_canceling:
            self._changed.clear()
            step = advance(package, arguments, self._tasks, names=names)
            if step.ending is not None:
                if self._workspace is not None and step.ending.state is RunState.SUCCEEDED:
                    await remove_workspace(self._tools, self._run.id, self._run.namespace)
                return step.ending
            if step.actions:
                await self._begin(step.actions, names)
            elif not self._leaves:
                raise PipelineError(
                    "the plan has nothing to do and no end: this is an error in MiniKF, please report it"
                )
            else:
                await self._wait(float(package.pipeline_config.get("activeDeadlineSeconds") or 0))
            self._reap()
        return None

    async def _wait(self, limit: float) -> None:
        """Until something has changed. Raises PipelineError after `limit` seconds of the run, 0 for none."""
        began = next((moment for moment, state, _error in self._run.history if state == RunState.RUNNING), 0.0)
        left = began + limit - self._tools.now() if limit else None
        try:
            async with asyncio.timeout(left):
                await self._changed.wait()
        except TimeoutError as error:
            raise PipelineError(f"the run took longer than its activeDeadlineSeconds, {limit:g}") from error

    def _resume(self, package: Package, arguments: Mapping[str, Json], names: Mapping[str, str]) -> None:
        """Takes up steps that a daemon before had begun."""
        for path, record in self._tasks.items():
            if record.state.is_over or not self._is_leaf(path, package):
                continue
            action = begun(package, arguments, self._tasks, path, names=names)
            if action is None:
                raise PipelineError(f"the step {path} was begun and is not in the plan any more")
            self._start_leaf(action, record, names)

    async def _begin(self, actions: tuple[Action, ...], names: Mapping[str, str]) -> None:
        """All records of the actions in one write, then the steps among them."""
        now = self._tools.now()
        records = [_record(self._run.id, action, self._tasks.get(action.path), now) for action in actions]
        for record in await self._tools.store.put_tasks(self._run.id, records):
            self._tasks[record.path] = record
        for action in actions:
            if isinstance(action, Start | Import):
                self._start_leaf(action, self._tasks[action.path], names)

    def _start_leaf(self, action: Start | Import, record: TaskRecord, names: Mapping[str, str]) -> None:
        if isinstance(action, Import):
            going = carry_out_import(self._tools, action, record, self._save, self._workspace)
        elif is_claim_step(action.work):
            going = carry_out_claim(self._tools, self._run, action.work, dict(names), record, self._save)
        else:
            shared = self._workspace if self._workspace and self._workspace.is_for(action.work) else None
            step = StepRunner(self._tools, self._run, action.work, names, self._save, shared, self._take_notice)
            going = step.carry_out(record)
        leaf = asyncio.create_task(going, name=f"pipelines: {self._run.id}/{action.path}")
        leaf.add_done_callback(lambda _done: self._changed.set())
        self._leaves[action.path] = leaf

    def _take_notice(self) -> str:
        """What the run's first pod is to say."""
        told, self._notice = self._notice, ""
        return told

    def _reap(self) -> None:
        """Forgets steps that have ended; what went wrong inside one is raised here."""
        for path, leaf in list(self._leaves.items()):
            if leaf.done():
                del self._leaves[path]
                leaf.result()

    async def _save(self, record: TaskRecord) -> TaskRecord:
        (stored,) = await self._tools.store.put_tasks(self._run.id, [record])
        self._tasks[record.path] = stored
        self._changed.set()
        return stored

    @staticmethod
    def _is_leaf(path: str, package: Package) -> bool:
        component = component_at(package, path)
        return component is not None and component.dag is None

    # -- ends -------------------------------------------------------------------------------------------------

    async def _end_leaves(self) -> None:
        leaves = list(self._leaves.values())
        self._leaves.clear()
        for leaf in leaves:
            leaf.cancel()
        await asyncio.gather(*leaves, return_exceptions=True)

    async def _cancel(self, why: str) -> None:
        """Ends all pods of the run that run, then writes down which tasks were not over."""
        await self.end_pods()
        now = self._tools.now()
        left = [
            replace(record, state=TaskState.CANCELED, error=why, finished=now)
            for record in self._tasks.values()
            if not record.state.is_over
        ]
        for record in left:
            place = TaskPlace.of(self._tools.artifacts, self._run.id, record.path)
            if record.pods:
                await asyncio.to_thread(place.discard)
                folder = scratch_folder(self._tools.context.paths.sockets, record.pods[-1])
                await asyncio.to_thread(remove_scratch, folder)
        if left:
            await self._tools.store.put_tasks(self._run.id, left)

    async def end_pods(self) -> None:
        """Deletes all pods of the run that have not ended, and waits until their processes are gone."""
        run, objects = self._run, self._tools.context.objects
        pods = objects.list(kinds.POD, run.namespace, lambda pod: is_of_run(pod, run.id) and not _has_ended(pod))
        await asyncio.gather(*(delete_pod(self._tools, run.namespace, pod.name) for pod in pods))

    async def _put_run(self, state: RunState, error: str) -> None:
        if state.is_over and self._tools is not self._shared:
            await asyncio.to_thread(tidy, self._tools.artifacts, self._run.id)
        async with self._writing:
            await self._write_run(state, error)

    async def _write_run(self, state: RunState, error: str) -> None:
        """The run's record with its new state; other fields are the newest, since users change them meanwhile."""
        now = self._tools.now()
        newest = self._tools.store.run(self._run.id)
        if newest is None:
            raise NotFound("run", self._run.id)
        history = (*newest.history, (now, state.value, error))
        changed = replace(newest, state=state, error=error, history=history, finished=now if state.is_over else 0.0)
        await self._tools.store.put_run(changed)
        self._run = changed
        self._told()


def _has_ended(pod: Mapping[str, Json]) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _record(run_id: str, action: Action, old: TaskRecord | None, now: float) -> TaskRecord:
    """The record that an action turns into. Pure."""
    fresh = TaskRecord(run_id, action.path, action.name, TaskState.PENDING, created=now)
    match action:
        case Start(work=work):
            return replace(fresh, inputs=work.inputs)
        case Import(inputs=inputs):
            return replace(fresh, inputs=inputs)
        case Open(inputs=inputs, iterations=iterations):
            return replace(fresh, state=TaskState.RUNNING, inputs=inputs, iterations=iterations, started=now)
        case Skip(reason=reason):
            return replace(fresh, state=TaskState.SKIPPED, trigger=reason, finished=now)
        case Close(state=state, outputs=outputs, error=error):
            return replace(old or fresh, state=state, outputs=outputs, error=error, finished=now)
