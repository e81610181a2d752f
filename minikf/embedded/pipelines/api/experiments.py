"""Experiments: create, get, list, archive, unarchive, delete."""

from __future__ import annotations

import uuid

from minikf.embedded.pipelines.api import messages, views
from minikf.embedded.pipelines.api.call import Answer, Call, Service
from minikf.embedded.pipelines.api.errors import invalid, not_found
from minikf.embedded.pipelines.api.lists import listing, page
from minikf.embedded.pipelines.store import Experiment
from minikf.embedded.pipelines.store.listing import EXPERIMENT_FIELDS
from minikf.embedded.pipelines.store.store import DEFAULT_EXPERIMENT

_EXPERIMENT: messages.Shape = {
    "display_name": messages.name,
    "description": messages.text,
    "namespace": messages.name,
    "experiment_id": messages.output_only,
    "created_at": messages.output_only,
    "storage_state": messages.output_only,
    "last_run_created_at": messages.output_only,
}


async def create(service: Service, call: Call) -> Answer:
    said = messages.read(messages.parse(call.body), _EXPERIMENT, "the experiment")
    name = said.get("display_name", "")
    if not name.strip():
        raise invalid("the experiment must have a 'display_name'")
    made = Experiment(
        id=str(uuid.uuid4()),
        name=name,
        namespace=service.place(said.get("namespace")),
        description=said.get("description", ""),
        created=service.clock(),
    )
    await service.store.add_experiment(made)
    return views.experiment(made)


async def get(service: Service, call: Call) -> Answer:
    return views.experiment(_found(service, call))


async def list_all(service: Service, call: Call) -> Answer:
    """Those of the namespace; without one, of the platform's own, so that a name is found once."""
    place = call.query.get("namespace") or service.namespace
    listed = listing(call.query, EXPERIMENT_FIELDS, (("namespace", place),))
    return page(service.store.experiments(listed), listed, call.query, "experiments", views.experiment)


async def archive(service: Service, call: Call) -> Answer:
    """Its runs are archived with it, and its recurring runs disabled."""
    await service.store.archive_experiment(_found(service, call).id, True, service.clock())
    service.woken()
    return {}


async def unarchive(service: Service, call: Call) -> Answer:
    """The experiment alone."""
    await service.store.archive_experiment(_found(service, call).id, False, service.clock())
    return {}


async def delete(service: Service, call: Call) -> Answer:
    """The experiment alone: its runs and recurring runs stay, as upstream; nor is the default one deleted there."""
    found = _found(service, call)
    if (found.namespace, found.name) == (service.namespace, DEFAULT_EXPERIMENT):
        raise invalid("the default experiment cannot be deleted", "archive it, or delete its runs")
    await service.store.delete_experiment(found.id)
    return {}


def _found(service: Service, call: Call) -> Experiment:
    experiment_id = call.ids["experiment_id"]
    found = service.store.experiment(experiment_id)
    if found is None:
        raise not_found(f"no experiment has the id '{experiment_id[:80]}'")
    return found
