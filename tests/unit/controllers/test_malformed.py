"""Admission sees objects before they are validated: whatever is in them, the answer is one of the API's."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.test_job import job
from tests.unit.controllers.test_quota import limits, pod, quota
from tests.unit.controllers.test_trainjob import replicated, runtime, train_job
from tests.unit.controllers.test_volumes import claim
from tests.unit.controllers.trainingjobs import job as training

Object = dict[str, Any]
JUNK: tuple[Any, ...] = (None, {}, [], "junk", 7)
WHOLE: list[tuple[Kind, Object]] = [
    (
        kinds.TRAIN_JOB,
        train_job(
            trainer={"env": [{"name": "A", "value": "1"}], "resourcesPerNode": {"limits": {"cpu": "1"}}},
            podTemplateOverrides=[{"targetJobs": [{"name": "node"}], "spec": {"containers": [{"name": "node"}]}}],
        ),
    ),
    (kinds.CLUSTER_TRAINING_RUNTIME, runtime("made", replicated(command=["x"]))),
    (kinds.POD, pod("one", requests={"cpu": "1"}, limits={"memory": "1Gi"})),
    (kinds.JOB, job(completions=2, completionMode="Indexed")),
    (kinds.PVC, claim()),
    (kinds.PYTORCH_JOB, training(kinds.PYTORCH_JOB, run={"backoffLimit": 1}, elasticPolicy={"rdzvPort": 1}, Worker=1)),
    (kinds.MPI_JOB, training(kinds.MPI_JOB, run={}, Launcher=1, Worker=1)),
    (kinds.NAMESPACE, {"metadata": {"name": "team"}, "spec": {"finalizers": ["kubernetes"]}}),
]


def damaged(value: Any) -> Iterator[Any]:
    """The value with one part of it removed or replaced, for every part."""
    if isinstance(value, dict):
        for key in value:
            yield {other: part for other, part in value.items() if other != key}
            for junk in JUNK:
                yield {**value, key: junk}
            for part in damaged(value[key]):
                yield {**value, key: part}
    elif isinstance(value, list):
        for place in range(len(value)):
            for part in damaged(value[place]):
                yield [*value[:place], part, *value[place + 1 :]]


@pytest.mark.parametrize(("kind", "whole"), WHOLE, ids=[kind.kind for kind, _ in WHOLE])
async def test_damaged_objects_get_an_answer_of_the_api(plane: Plane, kind: Kind, whole: Object) -> None:
    await quota(plane, {"requests.cpu": "900", "limits.memory": "900Gi", "requests.storage": "900Gi"})
    await limits(plane, type="Container", max={"cpu": "9"}, min={"cpu": "1m"}, default={"cpu": "1"})
    answers = []
    for spec in damaged(whole["spec"]):
        obj = {"metadata": {"generateName": "it-"}, "spec": copy.deepcopy(spec)}
        try:
            await plane.objects.create(kind, "default" if kind.namespaced else "", obj)
        except ApiError as error:
            assert error.code in (400, 403, 422), error
            answers.append(error.code)
    assert answers, "some damage is refused"
    await plane.settle()


async def test_trainjobs_of_damaged_runtimes_get_an_answer_too(plane: Plane) -> None:
    whole = runtime("made", replicated(command=["x"]), replicated("aside", "", command=["y"]))
    made = 0
    for spec in damaged(whole["spec"]):
        try:
            entry = await plane.objects.create(
                kinds.CLUSTER_TRAINING_RUNTIME, "", {"metadata": {"generateName": "it-"}, "spec": copy.deepcopy(spec)}
            )
            made += 1
            wanted = train_job(entry.name, entry.name)
            await plane.objects.create(kinds.TRAIN_JOB, "default", wanted)
        except ApiError as error:
            assert error.code in (400, 403, 422), error
    assert made
    await plane.settle()
    said = [event for entry in plane.objects.list(kinds.TRAIN_JOB) for event in await plane.events(entry.name)]
    assert not [message for reason, message in said if reason == "ReconcileError"]
