"""Frameworks themselves, not stand-ins: replicas of a job train together with nothing but what the job tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes import client

from tests.embedded.training.jobs import GROUP, ended, job, plural, state
from tests.embedded.training.test_training_jobs import log_of

PROGRAMS = Path(__file__).parent / "programs"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "program", "types", "says"),
    [
        ("JAXJob", "with_jax.py", ("Worker",), "process {rank} of 2: 3"),
        ("XGBoostJob", "with_xgboost.py", ("Master", "Worker"), "replica {rank} of 3: 200 rows, cut at 100"),
        ("XGBoostJob", "with_lightgbm.py", ("Master", "Worker"), "replica {rank} of 3: True"),
    ],
)
def test_replicas_train_together(
    custom: client.CustomObjectsApi,
    core: client.CoreV1Api,
    frameworks_python: str,
    kind: str,
    program: str,
    types: tuple[str, ...],
    says: str,
) -> None:
    name = program.removesuffix(".py").replace("_", "-")
    command = [frameworks_python, str(PROGRAMS / program)]
    made = job(kind, name, dict.fromkeys(types, command))
    specs = next(value for key, value in made["spec"].items() if key.endswith("ReplicaSpecs"))
    specs["Worker"]["replicas"] = 2
    custom.create_namespaced_custom_object(*GROUP, plural(kind), made)
    done = ended(custom, kind, name)
    assert state(done) == "Succeeded", (done["status"], log_of(core, f"{name}-worker-0"))
    pods = [f"{name}-{type_.lower()}-{index}" for type_ in types for index in range(specs[type_]["replicas"])]
    told = {line for pod in pods for line in log_of(core, pod).splitlines()}
    assert {says.format(rank=rank) for rank in range(len(pods))} <= told
    custom.delete_namespaced_custom_object(*GROUP, plural(kind), name)
