"""Recurring runs: create, get, list, enable, disable, delete. The scheduler makes their runs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from minikf.embedded.pipelines.api import cron, messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service
from minikf.embedded.pipelines.api.creation import read_source
from minikf.embedded.pipelines.api.errors import invalid, not_found
from minikf.embedded.pipelines.api.lists import listing, page
from minikf.embedded.pipelines.api.runs import NO_PLUGINS, REFERENCE, RUNTIME
from minikf.embedded.pipelines.api.schedule import next_time
from minikf.embedded.pipelines.store import RecurringRun, Schedule
from minikf.embedded.pipelines.store.listing import RECURRING_FIELDS

# Source: upstream's controller, minMaxConcurrency and maxMaxConcurrency.
_CONCURRENCY = (1, 10)
_MODES = ("MODE_UNSPECIFIED", "ENABLE", "DISABLE")
_SPAN = {"start_time": messages.moment, "end_time": messages.moment}
_RECURRING: messages.Shape = {
    "display_name": messages.name,
    "description": messages.text,
    "pipeline_version_id": messages.name,
    "pipeline_spec": messages.struct,
    "pipeline_version_reference": messages.message(REFERENCE),
    "runtime_config": messages.message(RUNTIME),
    "service_account": messages.name,
    "max_concurrency": messages.integer,
    "trigger": messages.message(
        {
            "cron_schedule": messages.message({**_SPAN, "cron": messages.name}),
            "periodic_schedule": messages.message({**_SPAN, "interval_second": messages.integer}),
        }
    ),
    "mode": messages.choice(*_MODES),
    "no_catchup": messages.boolean,
    "namespace": messages.name,
    "experiment_id": messages.name,
    "plugins_input": NO_PLUGINS,
    "recurring_run_id": messages.output_only,
    "created_at": messages.output_only,
    "updated_at": messages.output_only,
    "status": messages.output_only,
    "error": messages.output_only,
}


async def create(service: Service, call: Call) -> Answer:
    """What it would run is checked now, with its arguments: it should not fail at night for what is known by day."""
    said = messages.read(messages.parse(call.body), _RECURRING, "the recurring run")
    if not said.get("display_name", "").strip():
        raise invalid("the recurring run must have a 'display_name'")
    concurrency = said.get("max_concurrency") or 1
    if not _CONCURRENCY[0] <= concurrency <= _CONCURRENCY[1]:
        raise invalid(f"'max_concurrency' must be from 1 to 10, not {concurrency}")
    schedule = _schedule(said.get("trigger", {}))
    source = read_source(said, "the recurring run")
    experiment = await service.maker.experiment(said.get("experiment_id", ""))
    if said.get("namespace") not in (None, "", experiment.namespace):
        raise invalid(f"the experiment '{experiment.name}' is in the namespace '{experiment.namespace}'")
    service.place(experiment.namespace)
    runtime = said.get("runtime_config", {})
    arguments = runtime.get("parameters", {})
    found = service.maker.find(source)
    service.maker.check(found, arguments)
    now = service.clock()
    made = RecurringRun(
        id=str(uuid.uuid4()),
        name=said["display_name"],
        namespace=experiment.namespace,
        experiment_id=experiment.id,
        schedule=schedule,
        description=said.get("description", ""),
        # Without a version the newest at each time is run, as upstream.
        pipeline_id=found.pipeline_id,
        pipeline_version_id=source.version_id,
        pipeline_spec=found.package.pipeline_spec if source.documents is not None else {},
        platform_spec=found.package.platform_spec if source.documents is not None else {},
        arguments=arguments,
        pipeline_root=runtime.get("pipeline_root", ""),
        service_account=said.get("service_account", ""),
        max_concurrency=concurrency,
        no_catchup=said.get("no_catchup", False),
        enabled=said.get("mode", "ENABLE") != "DISABLE",
        created=now,
        updated=now,
    )
    if next_time(made, now) is None:
        raise invalid("the schedule has no time before its end", "look at start_time and end_time")
    await service.store.put_recurring_run(made)
    service.woken()
    return views.recurring_run(made)


async def get(service: Service, call: Call) -> Answer:
    return views.recurring_run(_found(service, call))


async def list_all(service: Service, call: Call) -> Answer:
    names = ("experiment_id", "namespace")
    equal = tuple((name, call.query[name]) for name in names if call.query.get(name))
    listed = listing(call.query, RECURRING_FIELDS, equal)
    return page(service.store.recurring_runs(listed), listed, call.query, "recurringRuns", views.recurring_run)


async def enable(service: Service, call: Call) -> Answer:
    """Times that passed while it was disabled are made up for, unless it has `no_catchup`."""
    return await _set(service, call, True)


async def disable(service: Service, call: Call) -> Answer:
    """No more runs are made; those that were go on."""
    return await _set(service, call, False)


async def delete(service: Service, call: Call) -> Answer:
    """Its runs stay. `propagation_policy` has nothing to say: no other object belongs to it."""
    await service.store.delete_recurring_run(_found(service, call).id)
    return {}


async def _set(service: Service, call: Call, enabled: bool) -> Answer:
    await service.store.put_recurring_run(replace(_found(service, call), enabled=enabled, updated=service.clock()))
    service.woken()
    return {}


def _found(service: Service, call: Call) -> RecurringRun:
    recurring_run_id = call.ids["recurring_run_id"]
    found = service.store.recurring_run(recurring_run_id)
    if found is None:
        raise not_found(f"no recurring run has the id '{recurring_run_id[:80]}'")
    return found


def _schedule(trigger: dict[str, Any]) -> Schedule:
    if len(trigger) != 1:
        raise invalid("the recurring run's 'trigger' must have one of 'cron_schedule' and 'periodic_schedule'")
    ((_, said),) = trigger.items()
    start, end = said.get("start_time", 0.0), said.get("end_time", 0.0)
    if end and start and end <= start:
        raise invalid("the schedule's 'end_time' must be after its 'start_time'")
    if "periodic_schedule" in trigger:
        interval = said.get("interval_second", 0)
        if not 1 <= interval <= 10**9:
            raise invalid(f"'interval_second' must be at least 1, not {interval}")
        return Schedule(interval=interval, start=start, end=end)
    try:
        cron.parse(said.get("cron", ""))
    except cron.CronError as error:
        raise invalid(f"the schedule's 'cron' cannot be used: {error}", "for example: 0 30 9 * * MON-FRI") from error
    return Schedule(cron=said["cron"], start=start, end=end)
