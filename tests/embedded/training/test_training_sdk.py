"""The Training SDK (`kubeflow-training`), unmodified, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from minikf.spec import Access

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "training-jobs" / "training_jobs.py"

pytestmark = pytest.mark.slow


def run(python: str, platform: Access, *words: str) -> list[str]:
    env = {**os.environ, "KUBECONFIG": str(platform.kubeconfig)}
    done = subprocess.run([python, *words], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_example(platform: Access, sdk_python: str) -> None:
    lines = run(sdk_python, platform, str(EXAMPLE))
    assert sorted(lines[:3]) == [
        "add-up-master-0: rank 0 of 2 has 249500",
        "add-up-master-0: total 499500",
        "add-up-worker-0: rank 1 of 2 has 250000",
    ]
    assert lines[3:] == [
        "tell-task-worker-0: worker 0 of 2",
        "PyTorchJob add-up: Succeeded",
        "TFJob tell-task: Succeeded",
    ]


def test_what_else_the_client_can_be_asked(platform: Access, sdk_python: str) -> None:
    lines = run(sdk_python, platform, str(Path(__file__).with_name("sdk_calls.py")))
    assert [line for line in lines if not line.startswith("[Pod ")] == [
        "running True True",
        "followed {'follow-master-0': 'begun 0over'}",
        "succeeded True False",
        "pods ['follow-master-0', 'follow-worker-0'] ['follow-master-0']",
        "listed ['follow']",
        "conditions ['Created', 'Running', 'Succeeded']",
        "labels {'team': 'a'}",
        "events True",
        "failed True",
        "refused True",
    ]
