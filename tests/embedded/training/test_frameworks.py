"""Frameworks themselves, not stand-ins: replicas of a job train together with nothing but what the job tells them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from tests.embedded.training.conftest import environment
from tests.embedded.training.jobs import GROUP, ended, job, plural, state

PROGRAMS = Path(__file__).parent / "programs"
# Gigabytes; the others have some hundred megabytes together.
BIG = pytest.mark.skipif("MINIKF_TEST_FRAMEWORKS" not in os.environ, reason="MINIKF_TEST_FRAMEWORKS=1 installs them")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """`starter` is what the environment's python is given before the program; `says` each of `ranks` says."""

    kind: str
    program: str
    packages: tuple[str, ...]
    types: dict[str, int]
    says: str
    ranks: int
    starter: tuple[str, ...] = ()
    spec: dict[str, Any] = field(default_factory=dict)


_SMALL = ("jax==0.10.2", "xgboost-cpu==3.2.0", "lightgbm==4.7.0")
_TORCH = ("torch==2.15.0", "numpy==2.4.6")
CASES = {
    "jax": Case("JAXJob", "jax", _SMALL, {"Worker": 2}, "process {rank} of 2: 3", 2),
    "xgboost": Case(
        "XGBoostJob", "xgboost", _SMALL, {"Master": 1, "Worker": 2}, "replica {rank} of 3: 200 rows, cut at 100", 3
    ),
    "lightgbm": Case("XGBoostJob", "lightgbm", _SMALL, {"Master": 1, "Worker": 2}, "replica {rank} of 3: True", 3),
    "torch": Case("PyTorchJob", "torch", _TORCH, {"Master": 1, "Worker": 1}, "rank {rank} of 2: 3", 2),
    "torchrun": Case(
        "PyTorchJob", "torch", _TORCH, {"Master": 1, "Worker": 1}, "rank {rank} of 4: 10", 4,
        starter=("-m", "torch.distributed.run"), spec={"nprocPerNode": "2"},
    ),
    "elastic": Case(
        "PyTorchJob", "torch", _TORCH, {"Worker": 2}, "rank {rank} of 2: 3", 2,
        starter=("-m", "torch.distributed.run"),
        spec={"nprocPerNode": "1", "elasticPolicy": {"minReplicas": 2, "maxReplicas": 2, "rdzvId": "meet"}},
    ),
    "tensorflow": Case(
        "TFJob", "tensorflow", ("tensorflow-cpu", "setuptools"), {"Worker": 2}, "rank {rank} of 2: 3", 2,
        spec={"successPolicy": "AllWorkers"},
    ),
    "paddle": Case(
        "PaddleJob", "paddle", ("paddlepaddle", "setuptools"), {"Worker": 2}, "rank {rank} of 2: 3", 2,
        starter=("-m", "paddle.distributed.launch", "--nproc_per_node=1"),
    ),
}  # fmt: skip
_ARE_SMALL = ("jax", "xgboost", "lightgbm")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in _ARE_SMALL else (BIG,)) for name in CASES], ids=str
)
def test_replicas_train_together(
    custom: client.CustomObjectsApi, core: client.CoreV1Api, pytestconfig: pytest.Config, name: str
) -> None:
    case = CASES[name]
    python = environment(pytestconfig, *case.packages)
    command = [python, *case.starter, str(PROGRAMS / f"with_{case.program}.py")]
    made = job(case.kind, f"real-{name}", dict.fromkeys(case.types, command), **case.spec)
    specs = next(value for key, value in made["spec"].items() if key.endswith("ReplicaSpecs"))
    for type_, number in case.types.items():
        specs[type_]["replicas"] = number
    custom.create_namespaced_custom_object(*GROUP, plural(case.kind), made)
    done = ended(custom, case.kind, f"real-{name}")
    pods = [f"real-{name}-{type_.lower()}-{index}" for type_, number in case.types.items() for index in range(number)]
    wanted = {case.says.format(rank=rank) for rank in range(case.ranks)}
    told: set[str] = set()
    for _ in range(200):  # the job may be over before all of them have said it
        logs = [core.read_namespaced_pod_log(pod, "default") for pod in pods]
        told = {line for log in logs for line in log.splitlines()}
        if wanted <= told:
            break
        time.sleep(0.05)
    assert wanted <= told, told
    assert state(done) == "Succeeded", done["status"]
    custom.delete_namespaced_custom_object(*GROUP, plural(case.kind), f"real-{name}")
