"""Records as v2beta1's messages: names in snake_case, times in RFC 3339, what is not set left out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from minikf.embedded.pipelines.api.call import Answer, without_none
from minikf.embedded.pipelines.api.times import written
from minikf.embedded.pipelines.records import Json, RunRecord, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.store import Experiment, Pipeline, PipelineVersion, RecurringRun, Schedule
from minikf.embedded.pipelines.taskpaths import parent

_UNKNOWN = 2  # google.rpc.Code of a run's or task's own failure
# v2beta1's RuntimeState has no word for a success that a cache gave.
_STATES = {TaskState.CACHED: TaskState.SUCCEEDED.value}


def experiment(one: Experiment) -> Answer:
    return without_none(
        experiment_id=one.id,
        display_name=one.name,
        description=one.description,
        namespace=one.namespace,
        storage_state=_storage(one.archived),
        created_at=written(one.created),
        last_run_created_at=written(one.last_run),
    )


def pipeline(one: Pipeline) -> Answer:
    return without_none(
        pipeline_id=one.id,
        display_name=one.display_name,
        name=one.name,
        description=one.description,
        namespace=one.namespace,
        created_at=written(one.created),
        tags=dict(one.tags),
    )


def version(one: PipelineVersion) -> Answer:
    return without_none(
        pipeline_id=one.pipeline_id,
        pipeline_version_id=one.id,
        display_name=one.display_name,
        name=one.name,
        description=one.description,
        code_source_url=one.code_source_url or None,
        package_url={"pipeline_url": one.package_url} if one.package_url else None,
        created_at=written(one.created),
        pipeline_spec=_documents(one.pipeline_spec, one.platform_spec),
        tags=dict(one.tags),
    )


def run(one: RunRecord, tasks: Mapping[str, TaskRecord] | None = None) -> Answer:
    """`tasks` are told where they are given, as `GET /runs/{id}` does and lists do not."""
    return without_none(
        experiment_id=one.experiment_id,
        run_id=one.id,
        display_name=one.name,
        storage_state=_storage(one.archived),
        description=one.description,
        **_source(one),
        runtime_config=_runtime(one.arguments, one.pipeline_root),
        service_account=one.service_account or None,
        created_at=written(one.created),
        scheduled_at=written(one.scheduled),
        finished_at=written(one.finished),
        state=one.state.value,
        error=_error(one.error),
        run_details=None if tasks is None else {"task_details": _tasks(one.id, tasks)},
        recurring_run_id=one.recurring_run_id or None,
        state_history=[
            without_none(update_time=written(moment), state=state, error=_error(error))
            for moment, state, error in one.history
        ],
    )


def recurring_run(one: RecurringRun) -> Answer:
    return without_none(
        recurring_run_id=one.id,
        display_name=one.name,
        description=one.description,
        **_source(one),
        runtime_config=_runtime(one.arguments, one.pipeline_root),
        service_account=one.service_account or None,
        max_concurrency=str(one.max_concurrency),
        trigger=_trigger(one.schedule),
        mode="ENABLE" if one.enabled else "DISABLE",
        created_at=written(one.created),
        updated_at=written(one.updated),
        status="ENABLED" if one.enabled else "DISABLED",
        error=_error(one.error),
        no_catchup=one.no_catchup,
        namespace=one.namespace,
        experiment_id=one.experiment_id,
    )


def task_id(run_id: str, path: str) -> str:
    """The same for the same task at any time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"minikf/runs/{run_id}/tasks/{path}"))


def _tasks(run_id: str, tasks: Mapping[str, TaskRecord]) -> list[Answer]:
    parents = {path: parent(path, tasks) for path in tasks}
    children: dict[str | None, list[Answer]] = {}
    for path, above in parents.items():
        children.setdefault(above, []).append({"task_id": task_id(run_id, path)})
    return [_task(run_id, task, parents[path], children.get(path)) for path, task in tasks.items()]


def _task(run_id: str, task: TaskRecord, above: str | None, children: list[Answer] | None) -> Answer:
    return without_none(
        run_id=run_id,
        task_id=task_id(run_id, task.path),
        display_name=task.name,
        create_time=written(task.created),
        start_time=written(task.started),
        end_time=written(task.finished),
        executor_detail={"main_job": task.pods[-1], "failed_main_jobs": list(task.pods[:-1])} if task.pods else None,
        state=_STATES.get(task.state, task.state.value),
        error=_error(task.error),
        inputs=_artifacts(task.inputs),
        outputs=_artifacts(task.outputs),
        parent_task_id=None if above is None else task_id(run_id, above),
        pod_name=task.pods[-1] if task.pods else None,
        child_tasks=children,
    )


def _artifacts(values: Values) -> dict[str, Any] | None:
    ids = {name: [one.id for one in found if one.id] for name, found in values.artifacts.items()}
    return {name: {"artifact_ids": found} for name, found in ids.items()} or None


def _source(one: RunRecord | RecurringRun) -> dict[str, Any]:
    """A run of a version names it; the document of any other run is part of the answer."""
    if one.pipeline_id or one.pipeline_version_id:
        reference = {"pipeline_id": one.pipeline_id, "pipeline_version_id": one.pipeline_version_id}
        return {"pipeline_version_reference": {name: value for name, value in reference.items() if value}}
    return {"pipeline_spec": _documents(one.pipeline_spec, one.platform_spec)}


def _documents(pipeline_spec: Mapping[str, Json], platform_spec: Mapping[str, Json]) -> Mapping[str, Json]:
    return {"pipeline_spec": pipeline_spec, "platform_spec": platform_spec} if platform_spec else pipeline_spec


def _runtime(arguments: Mapping[str, Json], root: str) -> Answer:
    return without_none(parameters=dict(arguments), pipeline_root=root or None)


def _trigger(schedule: Schedule) -> Answer:
    ends = {"start_time": written(schedule.start), "end_time": written(schedule.end)}
    if schedule.cron:
        return {"cron_schedule": without_none(**ends, cron=schedule.cron)}
    return {"periodic_schedule": without_none(**ends, interval_second=str(schedule.interval))}


def _storage(archived: bool) -> str:
    return "ARCHIVED" if archived else "AVAILABLE"


def _error(text: str) -> Answer | None:
    return {"code": _UNKNOWN, "message": text} if text else None
