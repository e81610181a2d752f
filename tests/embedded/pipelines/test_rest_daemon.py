"""The pipelines API of a whole platform: what takes the API, the scheduler and execution together."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from minikf.environment import variables
from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.wire import Wire

ROOT = "/apis/v2beta1"


def specification(name: str, code: str) -> dict[str, Any]:
    """The IR of a pipeline with one step, a program of Python's."""
    container = {"image": "python:3.11", "command": ["python3", "-c", textwrap.dedent(code)]}
    return {
        "pipelineInfo": {"name": name},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
        "root": {"dag": {"tasks": {"work": {"componentRef": {"name": "comp-work"}, "taskInfo": {"name": "work"}}}}},
        "components": {"comp-work": {"executorLabel": "exec-work"}},
        "deploymentSpec": {"executors": {"exec-work": {"container": container}}},
    }


async def good(wire: Wire, method: str, path: str, body: Any = None) -> Any:
    answer = await wire.ask(method, f"{ROOT}{path}", body)
    assert answer.code == 200, answer.json
    return answer.json


async def in_state(wire: Wire, run_id: str, *states: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            run = await good(wire, "GET", f"/runs/{run_id}")
            if run["state"] in states:
                return run
            await asyncio.sleep(0.1)


async def test_a_recurring_run_is_carried_out(platform: Access) -> None:
    wire = Wire(platform)
    body = {
        "display_name": "every second",
        "pipeline_spec": specification("ticking", "print('tick')"),
        "trigger": {"periodic_schedule": {"interval_second": "1"}},
        "no_catchup": True,
    }
    made = await good(wire, "POST", "/recurringruns", body)
    query = f"/runs?experiment_id={made['experiment_id']}&sort_by=created_at"
    runs: list[Any] = []
    async with asyncio.timeout(30):
        while not runs:
            found = (await good(wire, "GET", query))["runs"]
            runs = [run for run in found if run.get("recurring_run_id") == made["recurring_run_id"]]
            await asyncio.sleep(0.1)
    await good(wire, "DELETE", f"/recurringruns/{made['recurring_run_id']}")
    run = await in_state(wire, runs[0]["run_id"], "SUCCEEDED", "FAILED")
    assert run["state"] == "SUCCEEDED" and run["display_name"] == "every second-1"


async def test_a_run_that_goes_on_is_ended_before_it_is_deleted(platform: Access) -> None:
    wire = Wire(platform)
    body = {"display_name": "endless", "pipeline_spec": specification("endless", "import time; time.sleep(600)")}
    run_id = (await good(wire, "POST", "/runs", body))["run_id"]
    pods = f"/api/v1/pods?labelSelector=pipeline%2Frunid%3D{run_id}"
    async with asyncio.timeout(30):
        while not any(pod["status"]["phase"] == "Running" for pod in (await wire.ask("GET", pods)).json["items"]):
            await asyncio.sleep(0.1)
    await good(wire, "DELETE", f"/runs/{run_id}")
    assert (await wire.ask("GET", f"{ROOT}/runs/{run_id}")).code == 404
    assert not any(pod["status"]["phase"] == "Running" for pod in (await wire.ask("GET", pods)).json["items"])


async def test_a_run_in_a_namespace_that_is_none_is_refused(platform: Access) -> None:
    answer = await Wire(platform).ask("POST", f"{ROOT}/experiments", {"display_name": "e", "namespace": "nowhere"})
    assert answer.code == 400 and "kubectl create namespace nowhere" in answer.json["message"]


@pytest.mark.slow
@pytest.mark.parametrize("no_catchup", [False, True])
async def test_times_that_passed_while_no_daemon_ran(tmp_path: Path, no_catchup: bool) -> None:
    """The laptop slept: each missed time is made up for once, with `no_catchup` there is one run for all of them."""
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    body = {
        "display_name": "often",
        "pipeline_spec": specification("ticking", "print('tick')"),
        "trigger": {"periodic_schedule": {"interval_second": "2"}},
        "no_catchup": no_catchup,
        "max_concurrency": "10",
    }
    made = await good(wire, "POST", "/recurringruns", body)

    async def times() -> list[float]:
        found = (await good(wire, "GET", "/runs?sort_by=scheduled_at&page_size=200")).get("runs", [])
        return [datetime.fromisoformat(run["scheduled_at"]).timestamp() for run in found]

    async with asyncio.timeout(30):
        while not await times():
            await asyncio.sleep(0.05)
    daemon.kill()
    before = time.time()
    await asyncio.sleep(7)
    wire = await daemon.start()
    try:
        after = time.time()
        async with asyncio.timeout(30):
            while (await times())[-1] < after:
                await asyncio.sleep(0.05)
        await good(wire, "POST", f"/recurringruns/{made['recurring_run_id']}:disable")
        served = await times()
        assert served == sorted(set(served))
        missed = [one for one in served if before <= one <= after]
        steps = {round(later - earlier) for earlier, later in pairwise(served)}
        if no_catchup:
            assert len(missed) <= 1 and max(steps) >= 6
        else:
            assert len(missed) >= 3 and steps == {2}
    finally:
        assert daemon.stop() == 0


async def test_a_workspace_and_its_files_go_when_its_run_has_succeeded(platform: Access) -> None:
    wire = Wire(platform)
    code = "import pathlib, sys; place = pathlib.Path(sys.argv[1], 'file'); place.write_text('kept'); print(place)"
    spec = specification("spacious", code)
    spec["components"]["comp-work"]["inputDefinitions"] = {"parameters": {"place": {"parameterType": "STRING"}}}
    place = {"runtimeValue": {"constant": "{{$.workspace_path}}"}}
    spec["root"]["dag"]["tasks"]["work"]["inputs"] = {"parameters": {"place": place}}
    container = spec["deploymentSpec"]["executors"]["exec-work"]["container"]
    container["args"] = ["{{$.inputs.parameters['place']}}"]
    config = {"platforms": {"kubernetes": {"pipelineConfig": {"workspace": {"size": "1Mi"}}}}}
    documents = {"pipeline_spec": spec, "platform_spec": config}
    claims = "/api/v1/namespaces/default/persistentvolumeclaims"

    async def left(run_id: str) -> list[str]:
        found = (await wire.ask("GET", f"{claims}?labelSelector=pipeline/runid={run_id}")).json["items"]
        return [one["metadata"]["name"] for one in found]

    volumes = PlatformPaths.of("default").volumes / "default"
    made = await good(wire, "POST", "/runs", {"display_name": "spacious", "pipeline_spec": documents})
    run = await in_state(wire, made["run_id"], "SUCCEEDED", "FAILED")
    assert run["state"] == "SUCCEEDED", run
    async with asyncio.timeout(20):
        while await left(made["run_id"]) or list(volumes.glob("spacious-*")):
            await asyncio.sleep(0.05)
    container["command"][-1] += "; sys.exit('on purpose')"
    made = await good(wire, "POST", "/runs", {"display_name": "spacious", "pipeline_spec": documents})
    run = await in_state(wire, made["run_id"], "SUCCEEDED", "FAILED")
    assert run["error"]["message"] == "task work failed: exit code 1: on purpose"
    (name,) = await left(made["run_id"])
    assert name == f"spacious-{made['run_id'][:5]}-kfp-workspace"
    assert (volumes / name / "file").read_text() == "kept"  # for a retry
    await good(wire, "DELETE", f"/runs/{made['run_id']}")
    async with asyncio.timeout(20):
        while await left(made["run_id"]) or (volumes / name).exists():
            await asyncio.sleep(0.05)


@pytest.mark.slow
def test_the_sdks_own_command_works_with_the_platforms_variables(platform: Access, tmp_path: Path) -> None:
    """`kfp run create` and its kin, as a user types them after `eval "$(minikf env)"`."""
    pytest.importorskip("kfp")
    file = tmp_path / "typed.yaml"
    file.write_text(json.dumps(specification("typed", "print('typed')")))
    environment = {**os.environ, **variables(platform)}

    def kfp(*words: str) -> str:
        command = [str(Path(sys.executable).with_name("kfp")), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "typed pipeline" in kfp("pipeline", "create", "-p", "typed pipeline", str(file))
    assert "SUCCEEDED" in kfp("run", "create", "-e", "typed", "-r", "typed run", "-f", str(file), "-w")
    assert "typed run" in kfp("run", "list") and "typed" in kfp("experiment", "list")
