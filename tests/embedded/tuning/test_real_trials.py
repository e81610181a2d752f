"""Trials as real processes: each collector, early stopping, deletion in mid-run, and the verbs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from minikf.spec import Access
from tests.embedded.wire import Wire

ROOT = "/apis/kubeflow.org/v1beta1/namespaces/default"
EVENTS = Path(__file__).resolve().parents[2] / "unit" / "tuning" / "data" / "tfevents"
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "digits-tuning" / "digits_tuning.py"
Object = dict[str, Any]


def experiment(name: str, code: str, **spec: Any) -> Object:
    """Trials that run `code`, in which X is the parameter's value."""
    container = {
        "name": "main",
        "image": "python",
        # A word of its own only: a temporary folder's name may hold the letter.
        "command": ["python3", "-c", re.sub(r"\bX\b", "${trialParameters.x}", code)],
    }
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"backoffLimit": 0, "template": pod}}
    made: Object = {
        "objective": {"type": "minimize", "objectiveMetricName": "loss"},
        "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 1,
        "maxTrialCount": 1,
        "parameters": [{"name": "x", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}}],
        "trialTemplate": {
            "primaryContainerName": "main",
            "trialParameters": [{"name": "x", "reference": "x"}],
            "trialSpec": job,
        },
        **spec,
    }
    return {"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment", "metadata": {"name": name}, "spec": made}


async def create(wire: Wire, obj: Object) -> None:
    answer = await wire.ask("POST", f"{ROOT}/experiments", obj)
    assert answer.code == 201, answer.body


async def until(wire: Wire, path: str, holds: Callable[[Object], bool], seconds: float = 90) -> Object:
    end = time.monotonic() + seconds
    while True:
        found: Object = (await wire.ask("GET", path)).json
        if holds(found):
            return found
        assert time.monotonic() < end, json.dumps(found.get("status", found))
        await asyncio.sleep(0.05)


def last(obj: Object) -> Object:
    found: Object = ((obj.get("status") or {}).get("conditions") or [{"type": ""}])[-1]
    return found


async def ended(wire: Wire, name: str) -> Object:
    return await until(wire, f"{ROOT}/experiments/{name}", lambda one: last(one)["type"] in ("Succeeded", "Failed"))


async def trials_of(wire: Wire, name: str) -> list[Object]:
    path = f"{ROOT}/trials?labelSelector=katib.kubeflow.org%2Fexperiment%3D{name}"
    found: list[Object] = (await wire.ask("GET", path)).json["items"]
    return found


async def test_every_collector_reads_what_its_trial_wrote(platform: Access) -> None:
    wire = Wire(platform)
    file = {"collector": {"kind": "File"}, "source": {"fileSystemPath": {"path": "/katib/m.log", "format": "JSON"}}}
    events = {"collector": {"kind": "TensorFlowEvent"}, "source": {"fileSystemPath": {"path": "/logs/here"}}}
    prometheus = {"collector": {"kind": "PrometheusMetric"}, "source": {"httpGet": {"port": _free_port()}}}
    serve = f"""
import http.server, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'# HELP loss none\\nloss{{step="1"}} 0.25\\n')
server = http.server.HTTPServer(("127.0.0.1", {prometheus["source"]["httpGet"]["port"]}), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
time.sleep(3); x = X
"""
    write = "open('/katib/m.log', 'w').write('{\"loss\": \"0.25\"}\\n'); x = X"
    copy = f"import shutil; shutil.copytree({str(EVENTS)!r}, '/logs/here', dirs_exist_ok=True); x = X"
    by_name = {
        "collect-out": experiment("collect-out", "print('loss=0.25'); x = X"),
        "collect-file": experiment("collect-file", write, metricsCollectorSpec=file),
        "collect-events": experiment("collect-events", copy, metricsCollectorSpec=events),
        "collect-http": experiment("collect-http", serve, metricsCollectorSpec=prometheus),
    }
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["train/accuracy"]}
    by_name["collect-events"]["spec"]["objective"] = objective
    for obj in by_name.values():
        await create(wire, obj)
    for name in by_name:
        done = await ended(wire, name)
        assert last(done)["reason"] == "ExperimentMaxTrialsReached", (name, done["status"], await trials_of(wire, name))
        metric, *more = done["status"]["currentOptimalTrial"]["observation"]["metrics"]
        if name == "collect-events":
            assert round(float(metric["min"]), 3) == 0.333
            assert (more[0]["name"], more[0]["max"]) == ("train/accuracy", "0.75")
        else:
            assert metric == {"name": "loss", "min": "0.25", "max": "0.25", "latest": "0.25"}, name
        (trial,) = await trials_of(wire, name)
        query = f"namespace=default&trialName={trial['metadata']['name']}"
        logs = (await wire.ask("GET", f"/katib/observation_log?{query}")).json["observationLog"]["metricLogs"]
        assert logs[0]["metric"]["name"] == "loss"
    assert (await wire.ask("GET", "/katib/observation_log?trialName=none")).code == 404
    assert (await wire.ask("GET", "/katib/observation_log?trialName=%ff")).code == 400
    assert (await wire.ask("GET", "/katib/observation_log?trialName=none", authorization=None)).code == 401


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def noted(folder: Path) -> list[int]:
    """The process ids that trials wrote down."""
    return [int(path.read_text()) for path in folder.glob("*.pid")]


async def gone(pids: list[int]) -> None:
    end = time.monotonic() + 20
    while left := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < end, left
        await asyncio.sleep(0.05)


async def test_early_stopping_ends_the_process(platform: Access, tmp_path: Path) -> None:
    wire = Wire(platform)
    stopping = {
        "algorithmName": "medianstop",
        "algorithmSettings": [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "1"}],
    }
    # The first trial is good and ends; the second one is bad and would go on for ten minutes.
    code = (
        f"import os, pathlib, time\nfolder = pathlib.Path({str(tmp_path)!r})\nvalue = X\n"
        "good = not list(folder.iterdir())\n"
        "(folder / f'{os.getpid()}.pid').write_text(str(os.getpid()))\n"
        "print('loss=' + ('0.1' if good else '0.9'), flush=True)\ntime.sleep(0 if good else 600)\n"
    )
    parameters = [{"name": "x", "parameterType": "categorical", "feasibleSpace": {"list": ["0.1", "0.9"]}}]
    obj = experiment(
        "stop-early", code, earlyStopping=stopping, algorithm={"algorithmName": "grid"}, parameters=parameters,
        maxTrialCount=2,
    )  # fmt: skip
    await create(wire, obj)
    done = await ended(wire, "stop-early")
    assert (done["status"]["trialsSucceeded"], done["status"]["trialsEarlyStopped"]) == (1, 1), done["status"]
    (stopped,) = done["status"]["earlyStoppedTrialList"]
    trial = (await wire.ask("GET", f"{ROOT}/trials/{stopped}")).json
    assert trial["status"]["observation"]["metrics"][0]["latest"] == "0.9"
    assert len(noted(tmp_path)) == 2
    await gone(noted(tmp_path))


async def test_deletion_in_mid_run_leaves_no_process(platform: Access, tmp_path: Path) -> None:
    wire = Wire(platform)
    code = (
        f"import os, pathlib, time\nfolder = pathlib.Path({str(tmp_path)!r})\n"
        "(folder / f'{os.getpid()}.pid').write_text(str(os.getpid()))\n"
        "print('loss=X', flush=True)\ntime.sleep(600)\n"
    )
    await create(wire, experiment("delete-me", code, parallelTrialCount=2, maxTrialCount=2))
    pods = "/api/v1/namespaces/default/pods?labelSelector=katib.kubeflow.org%2Fexperiment%3Ddelete-me"

    def running(found: Object) -> bool:
        return [one["status"]["phase"] for one in found["items"]] == ["Running", "Running"]

    await until(wire, pods, running)
    end = time.monotonic() + 30
    while len(noted(tmp_path)) < 2:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    pids = noted(tmp_path)
    assert all(psutil.pid_exists(pid) for pid in pids), "the check below can see them"
    assert (await wire.ask("DELETE", f"{ROOT}/experiments/delete-me")).code == 200
    await until(wire, pods, lambda found: not found["items"])
    await gone(pids)
    assert await trials_of(wire, "delete-me") == []


def minikf(*argv: str) -> str:
    run = subprocess.run([sys.executable, "-m", "minikf", *argv], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


async def test_the_verbs(platform: Access, tmp_path: Path) -> None:
    script = tmp_path / "fit.py"
    script.write_text("import sys\nprint('score=' + str(1 - (float(sys.argv[2]) - 0.5) ** 2))\n")
    asked = (
        "tune",
        str(script),
        "--param",
        "x=uniform(0,1)",
        "--maximize",
        "score",
        "--trials",
        "3",
        "--name",
        "typed",
    )
    shown = json.loads(minikf(*asked, "--dry-run", "-o", "json"))["items"][0]
    said = minikf(*asked, "--follow")
    assert "best: x=0." in said
    wire = Wire(platform)
    made = (await wire.ask("GET", f"{ROOT}/experiments/typed")).json
    assert made["spec"]["parameters"] == shown["spec"]["parameters"]
    assert made["spec"]["trialTemplate"]["trialSpec"] == shown["spec"]["trialTemplate"]["trialSpec"]
    assert "typed" in minikf("experiment", "list")
    table = minikf("experiment", "show", "typed").splitlines()
    assert "3 of 3 trials" in table[0]
    scores = [float(line.split()[2]) for line in table if line.startswith("typed-")]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    assert minikf("experiment", "best", "typed").startswith("x=0.")
    trial = made["status"]["currentOptimalTrial"]["bestTrialName"]
    assert "score" in minikf("experiment", "metrics", trial)
    minikf("experiment", "extend", "typed", "--trials", "4")
    minikf("experiment", "follow", "typed")
    assert "4 of 4 trials" in minikf("experiment", "show", "typed")
    minikf("experiment", "delete", "typed")
    assert (await wire.ask("GET", f"{ROOT}/experiments/typed")).code == 404


def test_the_example_by_the_official_sdk(platform: Access) -> None:
    env = {**os.environ, "KUBECONFIG": str(platform.kubeconfig)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLE)],
        env=env, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("20 trials, the best: {'gamma': '")
    assert lines[2].startswith("said by it: accuracy=0.9")
    assert float(lines[3].rpartition(" ")[2]) > 0.97
