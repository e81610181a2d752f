"""Jobs of the Training Operator as real processes, through the plain Kubernetes client."""

from __future__ import annotations

import json
import time
from pathlib import Path

from kubernetes import client

from minikf.spec import Access
from tests.embedded.training.jobs import GROUP, ended, job, state, until
from tests.embedded.wire import Wire

# Worker and Master find each other by what the operator tells them.
MEET = """
import os, socket, time
rank, place = int(os.environ["RANK"]), (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(place) as server:
        connection, _ = server.accept()
        print("rank 0 of", os.environ["WORLD_SIZE"], "met", connection.makefile().readline().strip(), flush=True)
else:
    while True:
        try:
            with socket.create_connection(place) as connection:
                connection.sendall(f"rank {rank}\\n".encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    print("rank", rank, "was heard", flush=True)
"""
# Dies like a process that the kernel kills for its memory, the first time.
DIE_ONCE = """
import os, pathlib, signal
place = pathlib.Path({place!r})
if not place.exists():
    place.touch()
    os.kill(os.getpid(), signal.SIGKILL)
print("second try", flush=True)
"""


def log_of(core: client.CoreV1Api, pod: str) -> str:
    """What a replica has said; the job may be over before it has said it."""
    for _ in range(400):
        if text := core.read_namespaced_pod_log(pod, "default"):
            return str(text)
        time.sleep(0.05)
    raise AssertionError(f"{pod} says nothing")


async def test_two_replicas_meet_and_the_job_succeeds(
    platform: Access, custom: client.CustomObjectsApi, core: client.CoreV1Api
) -> None:
    command = ["python3", "-c", MEET]
    made = job("PyTorchJob", "meet", {"Master": command, "Worker": command})
    custom.create_namespaced_custom_object(*GROUP, "pytorchjobs", made)
    done = ended(custom, "PyTorchJob", "meet")
    assert state(done) == "Succeeded", done["status"]
    assert core.read_namespaced_pod_log("meet-master-0", "default") == "rank 0 of 2 met rank 1\n"
    assert log_of(core, "meet-worker-0") == "rank 1 was heard\n"

    columns = await Wire(platform).ask(
        "GET",
        "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs",
        accept="application/json;as=Table;v=v1;g=meta.k8s.io",
    )
    table = json.loads(columns.body)
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "State", "Age"]
    assert ["meet", "Succeeded"] in [row["cells"][:2] for row in table["rows"]]

    custom.delete_namespaced_custom_object(*GROUP, "pytorchjobs", "meet")
    for _ in range(400):
        if not core.list_namespaced_pod("default", label_selector="training.kubeflow.org/job-name=meet").items:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("its pods are still there")


def test_a_killed_replica_is_replaced(custom: client.CustomObjectsApi, core: client.CoreV1Api, tmp_path: Path) -> None:
    code = DIE_ONCE.format(place=str(tmp_path / "died"))
    made = job("TFJob", "die-once", {"Worker": ["python3", "-c", code]}, policy="ExitCode")
    custom.create_namespaced_custom_object(*GROUP, "tfjobs", made)
    done = ended(custom, "TFJob", "die-once")
    assert state(done) == "Succeeded", done["status"]
    assert done["metadata"]["annotations"]["minikf/restarts"] == "1"
    assert core.read_namespaced_pod_log("die-once-worker-0", "default") == "second try\n"
    custom.delete_namespaced_custom_object(*GROUP, "tfjobs", "die-once")


def test_an_elastic_job_runs_with_the_workers_it_has(custom: client.CustomObjectsApi, core: client.CoreV1Api) -> None:
    code = "import os; print(*(os.environ[name] for name in ('RANK', 'WORLD_SIZE', 'MASTER_PORT')), flush=True)"
    command = ["torchrun", "--no-python", "python3", "-c", code]
    elastic = {"minReplicas": 1, "maxReplicas": 4}
    made = job("PyTorchJob", "elastic", {"Worker": command}, elasticPolicy=elastic, nprocPerNode="1")
    made["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] = 2
    custom.create_namespaced_custom_object(*GROUP, "pytorchjobs", made)
    assert state(ended(custom, "PyTorchJob", "elastic")) == "Succeeded"
    assert log_of(core, "elastic-worker-0").split()[:2] == ["0", "2"]
    custom.delete_namespaced_custom_object(*GROUP, "pytorchjobs", "elastic")


def test_a_suspended_job_runs_no_process(custom: client.CustomObjectsApi, core: client.CoreV1Api) -> None:
    made = job("XGBoostJob", "asleep", {"Master": ["sleep", "100"]}, runPolicy={})
    custom.create_namespaced_custom_object(*GROUP, "xgboostjobs", made)
    until(custom, "XGBoostJob", "asleep", lambda obj: state(obj) == "Running")
    change = {"spec": {"runPolicy": {"suspend": True}}}
    custom.patch_namespaced_custom_object(*GROUP, "xgboostjobs", "asleep", change)
    until(custom, "XGBoostJob", "asleep", lambda obj: state(obj) == "Suspended")
    label = "training.kubeflow.org/job-name=asleep"
    for _ in range(400):
        if not core.list_namespaced_pod("default", label_selector=label).items:
            break
        time.sleep(0.05)
    assert not core.list_namespaced_pod("default", label_selector=label).items
    custom.delete_namespaced_custom_object(*GROUP, "xgboostjobs", "asleep")
