"""Fifty trials of an objective that takes 0.1 s, two at a time: an Experiment here, and bare Optuna in two processes.

Both sides search by TPE. The peer's two processes share one study in a journal file, the fastest storage that Optuna
has for several processes of one machine; its time begins when both have imported Optuna.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from minikf.kube.rest import RestClient
from tests.bench.measure import Row
from tests.bench.world import World

TRIALS, SLOTS, SECONDS = 50, 2, 0.1
RUNS = 3
_EXPERIMENTS = "/apis/kubeflow.org/v1beta1/namespaces/default/experiments"
_STUDY = """
import sys
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.create_study(study_name="bench", storage=JournalStorage(JournalFileBackend(sys.argv[1])))
"""
_PEER = """
import sys, time
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage, trials = sys.argv[1], int(sys.argv[2])

def objective(trial):
    x = trial.suggest_float("x", -10, 10)
    time.sleep(float(sys.argv[3]))
    return (x - 2) ** 2

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
study = optuna.load_study(study_name="bench", storage=JournalStorage(JournalFileBackend(storage)))
print("ready", flush=True)
sys.stdin.readline()
study.optimize(
    objective,
    callbacks=[optuna.study.MaxTrialsCallback(trials, states=(optuna.trial.TrialState.COMPLETE,
                                                              optuna.trial.TrialState.RUNNING))],
)
"""
_CODE = f"import time; time.sleep({SECONDS}); print('loss=' + repr((float('${{trialParameters.x}}') - 2) ** 2))"


def experiment() -> dict[str, Any]:
    """As `minikf tune` would make it."""
    container = {"name": "main", "image": "python", "command": ["python3", "-c", _CODE]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": f"bench-{uuid.uuid4().hex[:8]}"},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": "tpe"},
            "maxTrialCount": TRIALS,
            "parallelTrialCount": SLOTS,
            "parameters": [
                {"name": "x", "parameterType": "double", "feasibleSpace": {"min": "-10", "max": "10"}},
            ],
            "trialTemplate": {
                "primaryContainerName": "main",
                "trialParameters": [{"name": "x", "reference": "x"}],
                "trialSpec": job,
            },
        },
    }


def our_seconds(client: RestClient) -> float:
    """From the call that submits to the call that knows the end."""
    obj = experiment()
    begin = time.perf_counter()
    client.call("POST", _EXPERIMENTS, obj)
    while True:
        found = client.get(f"{_EXPERIMENTS}/{obj['metadata']['name']}")
        conditions = (found.get("status") or {}).get("conditions") or []
        if any(one["type"] == "Failed" for one in conditions):
            raise RuntimeError(f"the experiment failed: {conditions}")
        if any(one["type"] == "Succeeded" and one["status"] == "True" for one in conditions):
            taken = time.perf_counter() - begin
            assert found["status"]["trialsSucceeded"] == TRIALS, found["status"]
            return taken
        time.sleep(0.02)


def peer_seconds() -> float:
    """Bare Optuna on the same objective."""
    with tempfile.TemporaryDirectory() as folder:
        storage = str(Path(folder) / "journal.log")
        subprocess.run([sys.executable, "-c", _STUDY, storage], check=True, capture_output=True)
        argv = [sys.executable, "-c", _PEER, storage, str(TRIALS), str(SECONDS)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        peers = [subprocess.Popen(argv, **pipes) for _ in range(SLOTS)]
        for peer in peers:
            assert peer.stdout is not None
            assert peer.stdout.readline().strip() == "ready"
        begin = time.perf_counter()
        for peer in peers:
            assert peer.stdin is not None
            peer.stdin.write("\n")
            peer.stdin.flush()
        for peer in peers:
            if peer.wait():
                raise RuntimeError("Optuna failed")
        return time.perf_counter() - begin


def rows(world: World) -> list[Row]:
    access = world.up()
    world.until_warm()
    client = RestClient(access)
    our_seconds(client)
    ours = statistics.median(our_seconds(client) for _ in range(RUNS))
    peer = statistics.median(peer_seconds() for _ in range(RUNS))
    return [Row("50 trials of 0.1 s, 2 at a time", ours, "s", 1.3, False, peer, "bare Optuna", True)]
