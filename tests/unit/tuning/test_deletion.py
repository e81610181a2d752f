"""What goes with an Experiment: its objects, its observations, its study."""

from __future__ import annotations

from minikf.embedded.kinds import EXPERIMENT, JOB, POD, SUGGESTION, TRIAL
from minikf.embedded.tuning.search import tpe
from tests.unit.controllers.conftest import Plane
from tests.unit.tuning.conftest import end_pod, experiment, run_all, the_experiment, waiting


async def test_deletion_takes_everything_along(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment())
    await end_pod(plane, waiting(plane)[0])
    assert list(plane.paths.observations.iterdir())
    await plane.objects.delete(EXPERIMENT, "default", "try")
    await plane.settle()
    for kind in (EXPERIMENT, SUGGESTION, TRIAL, JOB, POD):
        assert plane.names(kind) == [], kind.kind
    assert not list(plane.paths.observations.iterdir())


async def test_deletion_frees_the_studys_memory(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(algorithm={"algorithmName": "tpe"}, maxTrialCount=14))
    uid = the_experiment(plane)["metadata"]["uid"]
    assert await run_all(plane) == 14
    assert any(key[0] == uid for key in tpe._mirrors)
    await plane.objects.delete(EXPERIMENT, "default", "try")
    await plane.settle()
    assert not any(key[0] == uid for key in tpe._mirrors)
