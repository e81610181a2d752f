"""Experiments of the shapes in which Katib shows the Training Operator's kinds, with a script of this machine.

kubeflow/katib v0.19.0, examples/v1beta1/kubeflow-training-operator: a PyTorchJob with a Master and a Worker, a TFJob
whose Workers write TensorFlow's event files, an XGBoostJob with declared ports. The MPIJob is in trainjob/test_mpi.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minikf.spec import Access
from tests.embedded.tuning.test_real_trials import EVENTS, Object, create, ended, last, trials_of
from tests.embedded.wire import Wire

# The Master reports what the Worker, whose value is not to be read, has sent it.
PAIR = """
import os, socket, sys, time
place = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if os.environ["RANK"] == "0":
    with socket.create_server(place) as server:
        connection, _ = server.accept()
        print("loss=" + connection.makefile().readline().strip(), flush=True)
else:
    print("loss=0.001", flush=True)
    while True:
        try:
            with socket.create_connection(place) as connection:
                connection.sendall(sys.argv[1].removeprefix("--lr=").encode() + b"\\n")
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
"""
EVENT_FILES = """
import json, os, shutil, sys
assert json.loads(os.environ["TF_CONFIG"])["task"]["type"] == "worker", os.environ["TF_CONFIG"]
shutil.copytree(sys.argv[2], "/logs/events", dirs_exist_ok=True)
"""


def experiment(name: str, kind: str, spec: Object, objective: Object, container: str, **template: Any) -> Object:
    made = {
        "objective": {"type": "minimize", **objective},
        "algorithm": {"algorithmName": "random"},
        "parallelTrialCount": 2,
        "maxTrialCount": 2,
        "maxFailedTrialCount": 1,
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.05"}}],
        "trialTemplate": {
            "primaryContainerName": container,
            "trialParameters": [{"name": "learningRate", "reference": "lr"}],
            "trialSpec": {"apiVersion": "kubeflow.org/v1", "kind": kind, "spec": spec},
            **template,
        },
    }
    return {"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment", "metadata": {"name": name}, "spec": made}


def replicas(number: int, policy: str, container: str, *command: str, **more: Any) -> Object:
    one = {"name": container, "image": "a/framework", "command": ["python3", *command], **more}
    return {"replicas": number, "restartPolicy": policy, "template": {"spec": {"containers": [one]}}}


async def test_jobs_of_frameworks_as_trials(platform: Access, tmp_path: Path) -> None:
    wire = Wire(platform)
    for name, code in (("pair.py", PAIR), ("events.py", EVENT_FILES)):
        (tmp_path / name).write_text(code)
    rate = "--lr=${trialParameters.learningRate}"
    pair = [str(tmp_path / "pair.py"), rate]
    torch = replicas(1, "OnFailure", "pytorch", *pair)
    port = {"ports": [{"name": "xgboostjob-port", "containerPort": 9991}]}
    boost = {
        "Master": replicas(1, "Never", "xgboost", *pair, **port),
        "Worker": replicas(1, "ExitCode", "xgboost", *pair, **port),
    }
    events = experiment(
        "tf-events",
        "TFJob",
        {
            "tfReplicaSpecs": {
                "Worker": replicas(2, "OnFailure", "tensorflow", str(tmp_path / "events.py"), rate, str(EVENTS))
            }
        },
        {"objectiveMetricName": "loss", "additionalMetricNames": ["train/accuracy"]},
        "tensorflow",
        primaryPodLabels={"training.kubeflow.org/replica-type": "worker"},
    )
    events["spec"]["metricsCollectorSpec"] = {
        "collector": {"kind": "TensorFlowEvent"},
        "source": {"fileSystemPath": {"path": "/logs/events", "kind": "Directory"}},
    }
    loss = {"objectiveMetricName": "loss"}
    made = [
        experiment(
            "torch-pair", "PyTorchJob", {"pytorchReplicaSpecs": {"Master": torch, "Worker": torch}}, loss, "pytorch"
        ),
        experiment("boost-pair", "XGBoostJob", {"xgbReplicaSpecs": boost}, loss, "xgboost"),
        events,
    ]
    for obj in made:
        await create(wire, obj)
    for obj in made:
        name = obj["metadata"]["name"]
        done = await ended(wire, name)
        assert last(done)["type"] == "Succeeded", done["status"]
        assert done["status"]["trialsSucceeded"] == 2
        if name == "tf-events":
            continue
        for trial in await trials_of(wire, name):
            (tried,) = trial["spec"]["parameterAssignments"]
            (seen,) = trial["status"]["observation"]["metrics"]
            assert seen["latest"] == tried["value"], "the Master's metrics, which came from its Worker"
    names = {
        one["name"] for trial in await trials_of(wire, "tf-events") for one in trial["status"]["observation"]["metrics"]
    }
    assert names == {"loss", "train/accuracy"}
