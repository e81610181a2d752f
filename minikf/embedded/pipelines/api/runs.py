"""Runs: create, get, list, archive, terminate, retry, delete."""

from __future__ import annotations

import asyncio

from minikf.embedded.pipelines.api import messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service
from minikf.embedded.pipelines.api.creation import Wish, read_source
from minikf.embedded.pipelines.api.errors import ApiFailure, invalid, not_found
from minikf.embedded.pipelines.api.lists import listing, page
from minikf.embedded.pipelines.records import RunRecord, RunState
from minikf.embedded.pipelines.store.listing import RUN_FIELDS

# How long a delete waits for the tasks of a run that it cancels; pods get their grace period in this time.
CANCEL_SECONDS = 40.0

REFERENCE: messages.Shape = {"pipeline_id": messages.name, "pipeline_version_id": messages.name}
RUNTIME: messages.Shape = {"parameters": messages.struct, "pipeline_root": messages.text}
NO_PLUGINS = messages.refused("this platform's API server has no plugins")
_RUN: messages.Shape = {
    "experiment_id": messages.name,
    "display_name": messages.name,
    "description": messages.text,
    "pipeline_version_id": messages.name,
    "pipeline_spec": messages.struct,
    "pipeline_version_reference": messages.message(REFERENCE),
    "runtime_config": messages.message(RUNTIME),
    "service_account": messages.name,
    "plugins_input": NO_PLUGINS,
    "storage_state": messages.output_only,
    "recurring_run_id": messages.output_only,
    "plugins_output": messages.output_only,
    "run_id": messages.output_only,
    "created_at": messages.output_only,
    "scheduled_at": messages.output_only,
    "finished_at": messages.output_only,
    "state": messages.output_only,
    "error": messages.output_only,
    "run_details": messages.output_only,
    "state_history": messages.output_only,
}


async def create(service: Service, call: Call) -> Answer:
    """The run is stored before it is launched: if the daemon ends in between, it goes on at the next start."""
    said = messages.read(messages.parse(call.body), _RUN, "the run")
    if not said.get("display_name", "").strip():
        raise invalid("the run must have a 'display_name'")
    source = read_source(said, "the run")
    experiment = await service.maker.experiment(said.get("experiment_id") or call.query.get("experiment_id", ""))
    service.place(experiment.namespace)
    runtime = said.get("runtime_config", {})
    made = service.maker.run(
        Wish(
            name=said["display_name"],
            experiment=experiment,
            source=source,
            arguments=runtime.get("parameters", {}),
            description=said.get("description", ""),
            pipeline_root=runtime.get("pipeline_root", ""),
            service_account=said.get("service_account", ""),
        )
    )
    await service.store.put_run(made)
    await service.keeper.launch(made.id)
    return views.run(made)


async def get(service: Service, call: Call) -> Answer:
    """May wait a moment for the run's end: see `holding`."""
    run_id = call.ids["run_id"]
    found = await service.holding.run(run_id, call.headers.get("prefer", ""))
    if found is None:
        raise _unknown(run_id)
    return views.run(found, service.store.tasks(run_id))


async def list_all(service: Service, call: Call) -> Answer:
    """Of an experiment, of a namespace, or all; without their tasks, which `get` tells."""
    names = (("experiment_id", "experiment_id"), ("namespace", "namespace"))
    equal = tuple((column, call.query[name]) for name, column in names if call.query.get(name))
    listed = listing(call.query, RUN_FIELDS, equal)
    return page(service.store.runs(listed), listed, call.query, "runs", views.run)


async def archive(service: Service, call: Call) -> Answer:
    await service.store.set_archived(_found(service, call).id, True)
    return {}


async def unarchive(service: Service, call: Call) -> Answer:
    found = _found(service, call)
    experiment = service.store.experiment(found.experiment_id)
    if experiment is not None and experiment.archived:
        raise ApiFailure(9, f"the run's experiment '{experiment.name}' is archived", "unarchive the experiment first")
    await service.store.set_archived(found.id, False)
    return {}


async def terminate(service: Service, call: Call) -> Answer:
    found = _found(service, call)
    if found.state.is_over:
        raise invalid(f"the run '{found.name}' is over: it is {found.state.value}")
    await service.keeper.terminate(found.id)
    return {}


async def retry(service: Service, call: Call) -> Answer:
    found = _found(service, call)
    if found.state not in (RunState.FAILED, RunState.CANCELED):
        raise ApiFailure(9, f"the run '{found.name}' is {found.state.value}; only failed or canceled runs are retried")
    await service.keeper.retry(found.id)
    return {}


async def delete(service: Service, call: Call) -> Answer:
    """A run that is not over is canceled first: its pods end before its records go, and then its pods and files go."""
    found = _found(service, call)
    if not found.state.is_over:
        await service.keeper.terminate(found.id)
        await _over(service, found)
    await service.store.delete_run(found.id)
    await service.keeper.forget(found.id, found.namespace)
    return {}


async def _over(service: Service, found: RunRecord) -> None:
    try:
        async with asyncio.timeout(CANCEL_SECONDS):
            while True:
                changed = service.keeper.changed(found.id)
                now = service.store.run(found.id)
                if now is None or now.state.is_over:
                    asyncio.ensure_future(changed).cancel()
                    return
                await changed
    except TimeoutError as error:
        advice = "it is being canceled; delete it again when it is CANCELED"
        raise ApiFailure(9, f"the run '{found.name}' is not over after {CANCEL_SECONDS:.0f} s", advice) from error


def _found(service: Service, call: Call) -> RunRecord:
    found = service.store.run(call.ids["run_id"])
    if found is None:
        raise _unknown(call.ids["run_id"])
    return found


def _unknown(run_id: str) -> ApiFailure:
    return not_found(f"no run has the id '{run_id[:80]}'")
