"""Katib's own SDK, unmodified, in an environment of its own: it wants other versions than the platform has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minikf.spec import Access
from tests.embedded.wire import Wire

pytestmark = pytest.mark.slow  # it is downloaded

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[2] / "examples" / "push-metrics" / "push_metrics.py"
# The newest client of Kubernetes refuses the SDK's objects.
PACKAGES = ["kubeflow-katib==0.19.0", "kubernetes<31"]


@pytest.fixture(scope="module")
def katib_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("katib") / "environment"
    uv = [str(Path(sys.executable).parent / "uv")]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(place)], check=True, timeout=120)
    python = place / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), *PACKAGES], check=True, timeout=300)
    return python


async def run(python: Path, access: Access, *argv: str) -> str:
    address = (await Wire(access).ask("GET", "/katib/db_manager")).json["address"]
    environment = {**os.environ, "KUBECONFIG": str(access.kubeconfig)}
    command = [str(python), *argv, address]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def sdk(python: Path, access: Access, part: str) -> Any:
    return json.loads((await run(python, access, str(HERE / "katibsdk.py"), part)).splitlines()[-1])


async def test_trials_push_by_the_sdk(platform: Access, katib_python: Path) -> None:
    found = await sdk(katib_python, platform, "push")
    assert found["details"] == 2
    assert [name for name, _ in found["metrics"]] == ["loss", "step", "loss", "step"]
    losses = [float(value) for name, value in found["metrics"] if name == "loss"]
    assert losses[0] == 2 * losses[1]


async def test_the_life_of_an_experiment(platform: Access, katib_python: Path) -> None:
    found = await sdk(katib_python, platform, "life")
    deleted = found.pop("deleted")
    assert "Failed to get Katib Experiment: default/sdk-life" in deleted
    suggestions = found.pop("suggestions")  # the SDK lists Experiments there
    assert suggestions >= 1
    assert found == {
        "succeeded": True,
        "trials": 2,
        "best": ["n", "x"],
        "trial": True,
        "suggestion": 2,
        "experiments": True,
        "log": ["loss"],
        "metrics": ["loss"],
        "edit": "refused",
        "resumed": 4,
    }


async def test_the_example(platform: Access, katib_python: Path) -> None:
    said = await run(katib_python, platform, str(EXAMPLE))
    assert "trials: 6" in said
    assert "y = 3" in said
