"""The example runs as its users run it: by the official SDK, without an argument to its client."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from minikf.spec import Access
from tests.embedded.wire import Wire

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "digits-pipeline" / "digits_pipeline.py"
PROXY = "/api/v1/namespaces/kubeflow/services/ml-pipeline:http/proxy/apis/v2beta1"


def run(access: Access, *argv: str) -> str:
    env = {**os.environ, "KUBECONFIG": str(access.kubeconfig)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLE), *argv],
        env=env, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_the_example_runs_and_its_metrics_can_be_asked_for(platform: Access) -> None:
    said = run(platform)
    run_id = said.split("run ")[-1].split(":")[0]
    assert said.rstrip().endswith(f"run {run_id}: SUCCEEDED")
    wire = Wire(platform)
    for base in ("/apis/v2beta1", PROXY):
        found = (await wire.ask("GET", f"{base}/runs/{run_id}")).json
        assert found["state"] == "SUCCEEDED"
        tasks = {task["display_name"]: task["state"] for task in found["run_details"]["task_details"]}
        assert {"ingest", "split", "train", "evaluate"} <= tasks.keys()
        assert {tasks[name] for name in ("ingest", "split", "train", "evaluate")} == {"SUCCEEDED"}
    pods = (await wire.ask("GET", f"/api/v1/pods?labelSelector=pipeline%2Frunid%3D{run_id}")).json["items"]
    assert len(pods) == 4
    assert {pod["status"]["phase"] for pod in pods} == {"Succeeded"}


async def test_it_compiles_for_any_kubeflow(platform: Access, tmp_path: Path) -> None:
    run(platform, "--compile", str(tmp_path / "digits.yaml"))
    assert "schemaVersion: 2.1.0" in (tmp_path / "digits.yaml").read_text()


@pytest.mark.parametrize("base", ["/apis/v2beta1", PROXY])
async def test_both_doors_ask_for_the_credential(platform: Access, base: str) -> None:
    wire = Wire(platform)
    assert (await wire.ask("GET", f"{base}/healthz")).code == 200
    assert (await wire.ask("GET", f"{base}/healthz", authorization=None)).code == 401
    assert (await wire.ask("GET", f"{base}/runs", host="evil.example")).code == 421
    with httpx.Client(verify=False) as stranger:  # the certificate is not what is tested here
        assert stranger.get(f"{platform.server}{base}/runs").status_code == 401
