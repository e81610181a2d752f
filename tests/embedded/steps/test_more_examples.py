"""Examples that a user runs after `minikf env`: drift of what is served, and Experiments of several kinds."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from minikf import environment
from minikf.spec import Access
from tests.embedded.steps.example import EXAMPLES
from tests.embedded.wire import Wire

KINDS = {
    "digits-pipeline", "digits-tuning", "experiments", "first-model", "journey", "many-nodes", "notebook",
    "pipeline-objects", "push-metrics", "retrain-nightly", "served-drift", "training-jobs",
}  # fmt: skip


def run(access: Access, path: str, *argv: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "MINIKF_DATASETS"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / path), *argv], env=kept | environment.variables(access),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
async def test_what_is_served_drifts(platform: Access) -> None:
    said = run(platform, "served-drift/served_drift.py")
    assert "the same wines: 60 asked, not drifted" in said and "stronger wines: 60 asked, drifted" in said
    await Wire(platform).ask("DELETE", "/apis/serving.kserve.io/v1beta1/namespaces/default/inferenceservices/wines")


@pytest.mark.slow
def test_experiments_of_several_kinds(platform: Access) -> None:
    said = run(platform, "experiments/experiments.py")
    found = re.findall(r"(\w+): (\d+) trials, (\d+) stopped early; the best: .* loss ([\d.]+)", said)
    assert [(name, count) for name, count, _, _ in found] == [("tpe", "6"), ("grid", "8"), ("medianstop", "8")]
    assert all(50 < float(loss) < 70 for _, _, _, loss in found)
    assert {name: int(stopped) > 0 for name, _, stopped, _ in found} == {
        "tpe": False,
        "grid": False,
        "medianstop": True,
    }
    assert (
        "there is no nothing"
        in subprocess.run(
            [sys.executable, str(EXAMPLES / "experiments/experiments.py"), "nothing"],
            capture_output=True,
            text=True,
            check=False,
        ).stderr
    )


def test_two_nodes_learn_from_a_part_each(platform: Access) -> None:
    said = run(platform, "many-nodes/many_nodes.py", "2")
    assert re.findall(r"node (\d+) learned from \d+ digits", said) == ["0", "1"] and ": Complete" in said


def test_the_readme_tells_of_each_example() -> None:
    told = (EXAMPLES / "README.md").read_text()
    for folder in (one.name for one in EXAMPLES.iterdir() if one.is_dir() and one.name != "__pycache__"):
        assert folder in KINDS and f"]({folder}" in told, folder
