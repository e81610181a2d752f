"""Carries out one container step: cache, processors, pod, outputs, retries. What is done next is durable first."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution import outputs, placeholders
from minikf.embedded.pipelines.execution.cachekey import cache_key
from minikf.embedded.pipelines.execution.caching import find_result
from minikf.embedded.pipelines.execution.executorinput import executor_input, parameter_file
from minikf.embedded.pipelines.execution.lastwords import log_end, remote_inputs
from minikf.embedded.pipelines.execution.place import TaskPlace
from minikf.embedded.pipelines.execution.platform import pod_parts
from minikf.embedded.pipelines.execution.podwatch import was_interrupted
from minikf.embedded.pipelines.execution.root import EVENT
from minikf.embedded.pipelines.execution.scratch import give_scratch, remove_scratch, scratch_folder
from minikf.embedded.pipelines.execution.steppod import pod_name, processors, step_pod, task_names
from minikf.embedded.pipelines.execution.taskconfig import config_inputs, pass_through
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.execution.workspace import Workspace
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import RunRecord, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.codehash import code_hash
from minikf.embedded.pipelines.spec.model import RetryPolicy
from minikf.embedded.pipelines.store.errors import ResultGone
from minikf.embedded.status import ApiError, Object

log = logging.getLogger("minikf.pipelines")
COMPONENT = "minikf-pipelines"

Save = Callable[[TaskRecord], Awaitable[TaskRecord]]


class _Failed(Exception):
    """An attempt failed. `is_final` says that another one would fail the same way."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_final = is_final


@dataclass(frozen=True)
class StepRunner:
    """One step of one run; `job` has the values of the plain placeholders that are the same for all its steps;
    `workspace` is the run's where this step uses it, `notice` gives what an Event of a pod is to say, once."""

    tools: Tools
    run: RunRecord
    work: Work
    job: Mapping[str, str]
    save: Save
    workspace: Workspace | None = None
    notice: Callable[[], str] = str

    @property
    def place(self) -> TaskPlace:
        return TaskPlace.of(self.tools.artifacts, self.run.id, self.work.task_path)

    async def carry_out(self, record: TaskRecord) -> None:
        """Until the record is over. A record with attempts goes on with its last pod, which may not exist yet.

        When cancelled, pods are left as they are: whoever cancels knows whether they are to end.
        """
        if not record.attempts and self.work.use_cache and not self.run.cache_disabled:
            record = replace(record, cache_key=cache_key(self.work, self.workspace.claim if self.workspace else ""))
            if await self._is_cached(record):
                return
        is_resumed = record.attempts > 0
        while not record.state.is_over:
            try:
                async with self.tools.slots.hold(self.run.id, self._processors()):
                    if not is_resumed:
                        record = await self._begin_attempt(record)
                    is_resumed = False
                    values = await self._attempt(record)
                record = await self._end(record, TaskState.SUCCEEDED, values)
            except _Failed as failure:
                if self._was_interrupted(record.pods[-1:]):
                    log.info("run %s: %s: begun again, since the platform was stopped", *self._names)
                elif failure.is_final or self._failures(record) > self.work.retry.attempts:
                    await asyncio.to_thread(self.place.discard)
                    record = await self._end(record, TaskState.FAILED, error=_told(failure.message, record.attempts))
                else:
                    log.info("run %s: %s: attempt %d: %s", *self._names, record.attempts, failure.message)
                    await asyncio.sleep(backoff(self.work.retry, record.attempts))

    async def _is_cached(self, record: TaskRecord) -> bool:
        """Whether it has the outputs of an earlier step now."""
        while (found := await find_result(self.tools.store, record.cache_key)) is not None:
            try:
                await self._save_cached(record, found)
            except ResultGone:  # its run was deleted just now: there may be another one
                continue
            return True
        return False

    async def _save_cached(self, record: TaskRecord, found: TaskRecord) -> None:
        source = f"{found.run_id}/{found.path}"
        now = self.tools.now()
        done = replace(record, state=TaskState.CACHED, outputs=found.outputs, cached_from=source)
        await self.save(replace(done, started=now, finished=now))

    async def _begin_attempt(self, record: TaskRecord) -> TaskRecord:
        """The pod's name is durable before the pod is made: whoever resumes makes or finds the same one."""
        name = pod_name(self.run.name, self.work.name, uuid.uuid4().hex[:8])
        started = record.started or self.tools.now()
        more = replace(record, attempts=record.attempts + 1, pods=(*record.pods, name), started=started)
        return await self.save(replace(more, state=TaskState.RUNNING))

    async def _end(
        self, record: TaskRecord, state: TaskState, values: Values | None = None, error: str = ""
    ) -> TaskRecord:
        done = replace(record, state=state, outputs=values or Values(), error=error, finished=self.tools.now())
        return await self.save(done)

    async def _attempt(self, record: TaskRecord) -> Values:
        """Runs the record's last pod to its end and takes its outputs over. Raises _Failed."""
        name = record.pods[-1]
        try:
            if self.tools.context.objects.find(kinds.POD, self.run.namespace, name) is None:
                await self._make_pod(record, name)
            end = await self.tools.watch.ended(self.run.namespace, name)
            if not end.is_success:
                told = await self._told(end.error, name)
                await self._drop_unfinished(name)
                await asyncio.to_thread(remove_scratch, self._scratch(name))
                raise _Failed(told)
            return await asyncio.to_thread(self._take_over, record.attempts, name)
        except ApiError as error:
            raise _Failed(f"its pod {name} could not be made: {error.message}") from error
        except PipelineError as error:
            raise _Failed(str(error), is_final=True) from error
        except outputs.BadOutput as error:
            raise _Failed(str(error)) from error
        except OSError as error:
            raise _Failed(f"its outputs could not be kept: {error}") from error

    async def _make_pod(self, record: TaskRecord, name: str) -> None:
        pod = await asyncio.to_thread(self._prepare_pod, record.attempts, name)
        made = await self.tools.context.objects.create(kinds.POD, self.run.namespace, pod)
        if told := self.notice():
            self.tools.context.events.of(COMPONENT).record(made.obj, "Warning", EVENT, told)

    def _prepare_pod(self, attempt: int, name: str) -> Object:
        """The pod, once the folder for its outputs and its program are there."""
        work, job = self.work, {**self.job, **self._task_names}
        given = {key: placeholders.resolve_job(value, job) for key, value in work.inputs.parameters.items()}
        parts = pod_parts(work.platform)
        if self.workspace is not None:
            self.workspace.mount(parts)
        told = executor_input(replace(work.inputs, parameters=given), work.outputs, self.place.root)
        if names := config_inputs(work):
            config, work = pass_through(work, parts, lambda text: placeholders.resolve_text(text, told, job))
            told["inputs"]["parameterValues"] |= dict.fromkeys(names, config)
        made = step_pod(self.run, work, name, parts, told, job, self.place.program(attempt))
        self.place.open(attempt)
        if made.source is not None:
            self.place.write_program(attempt, made.source)
        elif work.outputs.parameters:  # KFP's launcher makes the folders that a program writes into; the SDK does, too
            parameter_file(self.place.root, "any").parent.mkdir()
        give_scratch(made.pod, self._scratch(name))
        return made.pod

    def _scratch(self, pod: str) -> Path:
        return scratch_folder(self.tools.context.paths.sockets, pod)

    def _take_over(self, attempt: int, pod: str) -> Values:
        remove_scratch(self._scratch(pod))
        place = self.place
        place.reach(attempt)
        found = outputs.read_outputs(place.root, self.work.outputs)
        place.commit(attempt)
        code = code_hash(self.run.pipeline_spec, self.run.platform_spec, self.work.component.name)
        made = {
            "created": self.tools.now(),
            "run_id": self.run.id,
            "task": self.work.task_path,
            "code_sha256": code,
        }
        artifacts = {
            name: tuple(replace(one, **made) for one in several)  # type: ignore[arg-type]  # fields of its own
            for name, several in found.artifacts.items()
        }
        return replace(found, artifacts=artifacts)

    async def _told(self, error: str, name: str) -> str:
        """A failure with the end of its log, where the program itself gave up: `exit code 1` alone helps nobody."""
        pod = self.tools.context.objects.find(kinds.POD, self.run.namespace, name)
        line = ""
        if pod is not None and error.startswith("exit code"):
            line = await asyncio.to_thread(log_end, self.tools.context.paths.pods, pod.obj)
        return "; ".join(told for told in (f"{error}: {line}" if line else error, remote_inputs(self.work)) if told)

    async def _drop_unfinished(self, name: str) -> None:
        """A pod that cannot start would be tried for ever."""
        entry = self.tools.context.objects.find(kinds.POD, self.run.namespace, name)
        if entry is not None and (entry.obj.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            await delete_pod(self.tools, self.run.namespace, name)

    def _failures(self, record: TaskRecord) -> int:
        return record.attempts - self._was_interrupted(record.pods)

    def _was_interrupted(self, pods: tuple[str, ...]) -> int:
        """How many of these pods the platform's own stop has ended."""
        found = (self.tools.context.objects.find(kinds.POD, self.run.namespace, name) for name in pods)
        return sum(entry is not None and was_interrupted(entry.obj) for entry in found)

    def _processors(self) -> int:
        told = executor_input(self.work.inputs, self.work.outputs, self.place.root)
        job = {**self.job, **self._task_names}
        try:
            return processors(self.work.executor.resources, lambda text: placeholders.resolve_text(text, told, job))
        except PipelineError as error:
            raise _Failed(str(error), is_final=True) from error

    @property
    def _task_names(self) -> dict[str, str]:
        return task_names(self.run, self.work.name, self.work.task_path)

    @property
    def _names(self) -> tuple[str, str]:
        return self.run.id, self.work.task_path


def backoff(policy: RetryPolicy, attempts: int) -> float:
    """Seconds to wait after `attempts` starts have failed. Pure."""
    try:
        pause = policy.backoff * max(policy.factor, 1.0) ** (attempts - 1)
    except OverflowError:
        pause = policy.backoff_max
    return min(pause, policy.backoff_max)


async def delete_pod(tools: Tools, namespace: str, name: str) -> None:
    """Ends a pod's processes and waits until it is gone; one that is gone already is no error."""
    try:
        await tools.context.objects.delete(kinds.POD, namespace, name)
    except ApiError as error:
        if error.code != 404:
            raise
    await tools.watch.gone(namespace, name)


def _told(message: str, attempts: int) -> str:
    return message if attempts < 2 else f"{message} (the last of {attempts} attempts)"
