"""Jobs of the Training Operator: what is made of one, what its pods are told, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.controllers.training.ports import FIRST_PORT, LAST_PORT
from minikf.embedded.kinds import JAX_JOB, PADDLE_JOB, POD, PYTORCH_JOB, TF_JOB, XGBOOST_JOB, Kind
from minikf.embedded.pods.state import STOPPED
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]
MOUNT = {"name": "x", "mountPath": "/x"}
PREFIX = "training.kubeflow.org/"


def job(kind: Kind, name: str = "train", *, run: Object | None = None, **types: Any) -> Object:
    """A job with the given replicas: a number, or (number, restart policy), or a whole ReplicaSpec by type."""
    framework = FRAMEWORKS[kind]
    special = {key: types.pop(key) for key in list(types) if key[0].islower()}
    specs = {}
    for type_, given in types.items():
        number, policy = given if isinstance(given, tuple) else (given, None)
        container = {"name": framework.container, "image": "some/image", "command": ["python", "-c", "pass"]}
        specs[type_] = {"replicas": number, "template": {"spec": {"containers": [container]}}}
        if policy:
            specs[type_]["restartPolicy"] = policy
    spec = {framework.specs: specs, **special, **({"runPolicy": run} if run is not None else {})}
    return {"metadata": {"name": name}, "spec": spec}


def template(obj: Object, type_: str) -> Object:
    specs = next(value for key, value in obj["spec"].items() if key.endswith("ReplicaSpecs"))
    found: Object = specs[type_]["template"]
    return found


def environment(pod: Object) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in pod["spec"]["containers"][0].get("env") or []}


def conditions(obj: Object) -> list[tuple[str, str, str]]:
    return [(one["type"], one["status"], one["reason"]) for one in obj["status"]["conditions"]]


def last(obj: Object) -> tuple[str, str]:
    """(reason, message) of the condition that tells the state."""
    found = obj["status"]["conditions"][-1]
    return found["reason"], found["message"]


def by_name(plane: Plane) -> dict[str, Object]:
    return {pod["metadata"]["name"]: pod for pod in plane.pods()}


async def ends(plane: Plane, name: str, code: int) -> None:
    """A pod whose program ends with `code`; of one that is replaced, its controller hears at once."""
    pod = by_name(plane)[name]
    now = plane.objects.now()
    state = {"terminated": {"exitCode": code, "finishedAt": now}}
    one = {"name": pod["spec"]["containers"][0]["name"], "image": "", "imageID": "", "ready": False, "restartCount": 0}
    status = {"phase": "Failed" if code else "Succeeded", "containerStatuses": [{**one, "state": state}]}
    await plane.objects.patch(POD, "default", name, lambda now: {**now, "status": status}, subresource="status")
    await plane.settle()


async def run(plane: Plane, *names: str) -> None:
    for name in names:
        await plane.set_phase(by_name(plane)[name], "Running")


async def test_a_pytorch_job_from_created_to_succeeded(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=2))
    pods = by_name(plane)
    assert sorted(pods) == ["train-master-0", "train-worker-0", "train-worker-1"]
    master, worker = pods["train-master-0"], pods["train-worker-1"]
    assert master["metadata"]["labels"] == {
        f"{PREFIX}job-name": "train",
        f"{PREFIX}operator-name": "pytorchjob-controller",
        f"{PREFIX}replica-type": "master",
        f"{PREFIX}replica-index": "0",
        f"{PREFIX}job-role": "master",
    }
    assert f"{PREFIX}job-role" not in worker["metadata"]["labels"]
    assert worker["metadata"]["ownerReferences"][0]["kind"] == "PyTorchJob"
    assert worker["spec"]["restartPolicy"] == "OnFailure"
    created = plane.the(PYTORCH_JOB, "train")
    assert conditions(created) == [("Created", "True", "PyTorchJobCreated")]
    assert created["status"]["startTime"]
    await run(plane, *pods)
    running = plane.the(PYTORCH_JOB, "train")
    assert last(running) == ("PyTorchJobRunning", "PyTorchJob train is running.")
    assert running["status"]["replicaStatuses"]["Worker"] == {
        "active": 2,
        "selector": f"{PREFIX}job-name=train,{PREFIX}operator-name=pytorchjob-controller,{PREFIX}replica-type=worker",
    }
    await ends(plane, "train-master-0", 0)
    done = plane.the(PYTORCH_JOB, "train")
    assert conditions(done) == [
        ("Created", "True", "PyTorchJobCreated"),
        ("Running", "False", "PyTorchJobRunning"),
        ("Succeeded", "True", "PyTorchJobSucceeded"),
    ]
    assert last(done)[1] == "PyTorchJob train is successfully completed."
    assert done["status"]["completionTime"]
    assert done["status"]["replicaStatuses"]["Worker"]["succeeded"] == 2, "Workers that still run count as succeeded"
    assert len(plane.pods()) == 3, "cleanPodPolicy is None"
    assert {"SuccessfulCreatePod", "ExitedWithCode", "PyTorchJobSucceeded"} <= {
        reason for reason, _ in await plane.events("train")
    }


async def test_what_torch_is_told(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=1, nprocPerNode="2"))
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, "other", Master=1, Worker=1))
    pods = by_name(plane)
    master, worker = environment(pods["train-master-0"]), environment(pods["train-worker-0"])
    port = master["MASTER_PORT"]
    assert worker == {
        "PYTHONUNBUFFERED": "1",
        "MASTER_ADDR": "127.0.0.1",
        "PET_MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "PET_MASTER_PORT": port,
        "WORLD_SIZE": "4",
        "RANK": "1",
        "PET_NODE_RANK": "1",
        "PET_NPROC_PER_NODE": "2",
        "PET_NNODES": "2",
    }
    assert master["RANK"] == "0" and FIRST_PORT <= int(port) <= LAST_PORT
    declared = [one["spec"]["containers"][0]["ports"][0] for one in pods.values()]
    assert {one["name"] for one in declared} == {"pytorchjob-port"}
    assert len({one["containerPort"] for one in declared}) == 4, "each replica of both jobs has a port of its own"
    assert pods["train-master-0"]["spec"]["containers"][0]["ports"][0]["containerPort"] == int(port)
    other = environment(pods["other-worker-0"])
    assert (other["PET_NPROC_PER_NODE"], other["WORLD_SIZE"]) == ("auto", "2")


async def test_an_elastic_job_meets_at_its_first_worker(plane: Plane) -> None:
    policy = {"minReplicas": 1, "maxReplicas": 3, "maxRestarts": 5, "rdzvConf": [{"key": "a", "value": "1"}]}
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Worker=2, elasticPolicy={**policy, "rdzvId": "x"}))
    pods = by_name(plane)
    told = environment(pods["train-worker-1"])
    port = pods["train-worker-0"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    assert told == {
        "PYTHONUNBUFFERED": "1",
        "PET_NPROC_PER_NODE": "auto",
        "PET_NODE_RANK": "1",
        "MINIKF_NODES": "2",
        "PET_RDZV_ENDPOINT": f"127.0.0.1:{port}",
        "PET_RDZV_BACKEND": "c10d",
        "PET_NNODES": "1:3",
        "PET_MAX_RESTARTS": "5",
        "PET_RDZV_ID": "x",
        "PET_RDZV_CONF": "a=1",
    }
    assert pods["train-worker-0"]["metadata"]["labels"][f"{PREFIX}job-role"] == "master"
    await run(plane, *pods)
    await ends(plane, "train-worker-1", 0)
    assert last(plane.the(PYTORCH_JOB, "train"))[1] == "PyTorchJob default/train successfully completed."


async def test_what_tensorflow_is_told(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, Chief=1, PS=1, Worker=2))
    pods = by_name(plane)
    config = json.loads(environment(pods["train-worker-1"])["TF_CONFIG"])
    ports = {name: pod["spec"]["containers"][0]["ports"][0]["containerPort"] for name, pod in pods.items()}
    assert config == {
        "cluster": {
            "chief": [f"127.0.0.1:{ports['train-chief-0']}"],
            "ps": [f"127.0.0.1:{ports['train-ps-0']}"],
            "worker": [f"127.0.0.1:{ports[f'train-worker-{index}']}" for index in (0, 1)],
        },
        "task": {"type": "worker", "index": 1},
        "environment": "cloud",
    }
    assert pods["train-chief-0"]["metadata"]["labels"][f"{PREFIX}job-role"] == "master"
    assert pods["train-worker-0"]["spec"]["restartPolicy"] == "Never"


async def test_one_tensorflow_process_needs_no_cluster(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, Worker=1))
    assert "TF_CONFIG" not in environment(by_name(plane)["train-worker-0"])


async def test_dynamic_workers_know_the_servers_and_themselves(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, PS=1, Worker=2, enableDynamicWorker=True))
    pods = by_name(plane)
    port = {name: pod["spec"]["containers"][0]["ports"][0]["containerPort"] for name, pod in pods.items()}
    config = json.loads(environment(pods["train-worker-1"])["TF_CONFIG"])
    assert config["cluster"] == {
        "worker": {"1": f"127.0.0.1:{port['train-worker-1']}"},
        "ps": [f"127.0.0.1:{port['train-ps-0']}"],
    }
    await run(plane, *pods)
    await ends(plane, "train-worker-1", 1)
    assert last(plane.the(TF_JOB, "train"))[0] == "TFJobRunning", "it goes on without that Worker"


async def test_a_tf_job_ends_with_its_first_worker_or_with_all(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, "first", Worker=2))
    await plane.create(TF_JOB, job(TF_JOB, "every", Worker=2, successPolicy="AllWorkers"))
    await run(plane, *by_name(plane))
    for name in ("first", "every"):
        await ends(plane, f"{name}-worker-0", 0)
    assert last(plane.the(TF_JOB, "first")) == ("TFJobSucceeded", "TFJob default/first successfully completed.")
    assert last(plane.the(TF_JOB, "every"))[0] == "TFJobRunning"
    await ends(plane, "every-worker-1", 0)
    assert last(plane.the(TF_JOB, "every"))[0] == "TFJobSucceeded"


async def test_what_xgboost_is_told(plane: Plane) -> None:
    await plane.create(XGBOOST_JOB, job(XGBOOST_JOB, Master=1, Worker=2))
    pods = by_name(plane)
    ports = {name: pod["spec"]["containers"][0]["ports"][0]["containerPort"] for name, pod in pods.items()}
    assert environment(pods["train-worker-1"]) == {
        "MASTER_PORT": str(ports["train-master-0"]),
        "MASTER_ADDR": "127.0.0.1",
        "WORLD_SIZE": "3",
        "RANK": "2",
        "PYTHONUNBUFFERED": "1",
        "WORKER_PORT": str(ports["train-worker-1"]),
        "WORKER_ADDRS": "127.0.0.1,127.0.0.1",
        "WORKER_PORTS": f"{ports['train-worker-0']},{ports['train-worker-1']}",
    }


async def test_what_paddle_is_told(plane: Plane) -> None:
    await plane.create(PADDLE_JOB, job(PADDLE_JOB, "ps", Master=1, Worker=1))
    await plane.create(PADDLE_JOB, job(PADDLE_JOB, "all", Worker=2))
    pods = by_name(plane)
    ports = {name: pod["spec"]["containers"][0]["ports"][0]["containerPort"] for name, pod in pods.items()}
    server, trainer = environment(pods["ps-master-0"]), environment(pods["ps-worker-0"])
    assert server["PADDLE_MASTER"] == trainer["PADDLE_MASTER"] == f"127.0.0.1:{ports['ps-master-0']}"
    assert server["PADDLE_SERVER_NUM"] == trainer["PADDLE_TRAINER_NUM"] == "1"
    assert environment(pods["all-worker-1"]) == {
        "PYTHONUNBUFFERED": "1",
        "PADDLE_JOB_ID": "all",
        "PADDLE_NNODES": "2",
        "PADDLE_MASTER": f"127.0.0.1:{ports['all-worker-0']}",
    }


async def test_what_jax_is_told(plane: Plane) -> None:
    await plane.create(JAX_JOB, job(JAX_JOB, Worker=2))
    pods = by_name(plane)
    port = pods["train-worker-0"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    assert environment(pods["train-worker-1"]) == {
        "PYTHONUNBUFFERED": "1",
        "COORDINATOR_PORT": str(port),
        "COORDINATOR_ADDRESS": "127.0.0.1",
        "NUM_PROCESSES": "2",
        "PROCESS_ID": "1",
    }
    await run(plane, *pods)
    for name in pods:
        await ends(plane, name, 0)
    assert last(plane.the(JAX_JOB, "train")) == ("JAXJobSucceeded", "JAXJob default/train successfully completed.")


@pytest.mark.parametrize("kind", [PYTORCH_JOB, TF_JOB, XGBOOST_JOB, PADDLE_JOB])
async def test_a_replica_that_never_restarts_fails_the_job(plane: Plane, kind: Kind) -> None:
    await plane.create(kind, job(kind, Master=(1, "Never"), Worker=(1, "Never")))
    await run(plane, *by_name(plane))
    await ends(plane, "train-worker-0", 3)
    failed = plane.the(kind, "train")
    reason, message = last(failed)
    assert reason == f"{kind.kind}Failed" and "failed because 1 Worker replica(s) failed." in message
    assert failed["status"]["completionTime"] and failed["status"]["replicaStatuses"]["Worker"]["failed"] == 1
    assert ("Running", "False", f"{kind.kind}Running") in conditions(failed)
    assert (f"{kind.kind}Failed", message) in await plane.events("train")


async def test_exit_codes_that_say_try_again(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=(1, "ExitCode")))
    before = by_name(plane)
    assert before["train-worker-0"]["spec"]["restartPolicy"] == "Never"
    await run(plane, *before)
    await ends(plane, "train-worker-0", 137)
    after = by_name(plane)
    assert after["train-worker-0"]["metadata"]["uid"] != before["train-worker-0"]["metadata"]["uid"]
    assert environment(after["train-worker-0"]) == environment(before["train-worker-0"]), "the same port and rank"
    assert ("PyTorchJobRestarting", "job train is restarting because Worker replica(s) failed.") in (
        await plane.events("train")
    )
    found = plane.the(PYTORCH_JOB, "train")
    assert found["metadata"]["annotations"]["minikf/restarts"] == "1"
    await ends(plane, "train-worker-0", 1)
    assert last(plane.the(PYTORCH_JOB, "train"))[1] == 'job "train" is failing because "Worker" replica(s) failed.'


async def test_a_kill_between_the_count_and_the_deletion_counts_once(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"backoffLimit": 2}, Worker=(1, "ExitCode")))
    uid = by_name(plane)["train-worker-0"]["metadata"]["uid"]
    counted = {"minikf/restarts": "1", "minikf/replaced": uid}
    await plane.change(PYTORCH_JOB, "train", lambda obj: obj["metadata"].update(annotations=counted))
    await ends(plane, "train-worker-0", 137)
    found = plane.the(PYTORCH_JOB, "train")
    assert found["metadata"]["annotations"] == counted
    assert by_name(plane)["train-worker-0"]["metadata"]["uid"] != uid
    assert last(found)[0] == "PyTorchJobRestarting", "the limit of two is not reached"


async def test_the_second_replacement_waits(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Worker=(1, "ExitCode")))
    await ends(plane, "train-worker-0", 130)
    second = by_name(plane)["train-worker-0"]["metadata"]["uid"]
    await ends(plane, "train-worker-0", 130)
    assert by_name(plane)["train-worker-0"]["metadata"]["uid"] == second
    assert last(plane.the(PYTORCH_JOB, "train"))[0] == "PyTorchJobRestarting"
    plane.clock.move(2)
    await plane.change(PYTORCH_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert by_name(plane)["train-worker-0"]["metadata"]["uid"] != second


async def test_the_back_off_limit_counts_replaced_pods(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"backoffLimit": 2}, Master=1, Worker=(1, "ExitCode")))
    await run(plane, "train-master-0")
    await ends(plane, "train-worker-0", 137)
    await ends(plane, "train-worker-0", 137)
    failed = plane.the(PYTORCH_JOB, "train")
    assert last(failed) == (
        "PyTorchJobFailed",
        "Job train has failed because it has reached the specified backoff limit",
    )
    assert list(by_name(plane)) == ["train-worker-0"], "what ran is ended, what had ended can be read"


async def test_the_back_off_limit_counts_restarts_in_place(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"backoffLimit": 2}, Master=1))
    pod = by_name(plane)["train-master-0"]
    await plane.set_phase(pod, "Running", restarts=1)
    assert last(plane.the(PYTORCH_JOB, "train"))[0] == "PyTorchJobRunning"
    await plane.set_phase(pod, "Running", restarts=2)
    assert last(plane.the(PYTORCH_JOB, "train"))[0] == "PyTorchJobFailed"
    assert not plane.pods()


async def test_without_a_second_try_any_failure_reaches_the_limit(plane: Plane) -> None:
    await plane.create(XGBOOST_JOB, job(XGBOOST_JOB, run={"backoffLimit": 0}, Master=1))
    await ends(plane, "train-master-0", 1)
    assert "reached the specified backoff limit" in last(plane.the(XGBOOST_JOB, "train"))[1]


async def test_the_deadline_ends_everything(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, run={"activeDeadlineSeconds": 60}, Worker=2))
    await run(plane, *by_name(plane))
    plane.clock.move(61)
    await plane.change(TF_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    found = plane.the(TF_JOB, "train")
    assert last(found)[1] == "Job train has failed because it was active longer than specified deadline"
    assert not plane.pods() and "active" not in found["status"]["replicaStatuses"]["Worker"]


@pytest.mark.parametrize(
    ("policy", "left"),
    [("None", {"train-master-0", "train-worker-0"}), ("Running", {"train-master-0"}), ("All", set())],
)
async def test_which_pods_are_cleaned_up(plane: Plane, policy: str, left: set[str]) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"cleanPodPolicy": policy}, Master=1, Worker=1))
    await run(plane, *by_name(plane))
    await ends(plane, "train-master-0", 0)
    assert set(by_name(plane)) == left


async def test_it_goes_after_its_time_with_its_pods(plane: Plane) -> None:
    await plane.create(JAX_JOB, job(JAX_JOB, run={"ttlSecondsAfterFinished": 30}, Worker=1))
    await ends(plane, "train-worker-0", 0)
    assert plane.get(JAX_JOB, "train") is not None
    plane.clock.move(31)
    await plane.change(JAX_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert plane.get(JAX_JOB, "train") is None and not plane.pods()


async def test_suspended_and_resumed(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={}, Master=1, Worker=1))
    await run(plane, *by_name(plane))
    await plane.change(PYTORCH_JOB, "train", lambda obj: obj["spec"]["runPolicy"].update(suspend=True))
    assert not plane.pods()
    found = plane.the(PYTORCH_JOB, "train")
    assert conditions(found) == [
        ("Created", "True", "PyTorchJobCreated"),
        ("Running", "False", "PyTorchJobSuspended"),
        ("Suspended", "True", "PyTorchJobSuspended"),
    ]
    await plane.change(PYTORCH_JOB, "train", lambda obj: obj["spec"]["runPolicy"].update(suspend=False))
    assert len(plane.pods()) == 2
    assert last(plane.the(PYTORCH_JOB, "train")) == ("PyTorchJobResumed", "PyTorchJob train is resumed.")
    await run(plane, *by_name(plane))
    assert last(plane.the(PYTORCH_JOB, "train"))[0] == "PyTorchJobRunning"


async def test_one_that_begins_suspended_has_no_pods(plane: Plane) -> None:
    await plane.create(XGBOOST_JOB, job(XGBOOST_JOB, run={"suspend": True}, Master=1))
    found = plane.the(XGBOOST_JOB, "train")
    assert not plane.pods() and "startTime" not in found["status"] and last(found)[0] == "XGBoostJobSuspended"


async def test_workers_that_are_too_many_go(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=3))

    def fewer(obj: Object) -> None:
        obj["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] = 1

    await plane.change(PYTORCH_JOB, "train", fewer)
    assert sorted(by_name(plane)) == ["train-master-0", "train-worker-0"]


async def test_a_pod_that_is_deleted_or_stopped_is_made_anew(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"backoffLimit": 0}, Master=(1, "Never")))
    first = by_name(plane)["train-master-0"]
    await run(plane, "train-master-0")
    await plane.objects.delete(POD, "default", "train-master-0")
    await plane.settle()
    second = by_name(plane)["train-master-0"]
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    status = {"phase": "Failed", "reason": STOPPED}
    await plane.objects.patch(
        POD, "default", "train-master-0", lambda now: {**now, "status": status}, subresource="status"
    )
    await plane.settle()
    third = by_name(plane)["train-master-0"]
    assert third["metadata"]["uid"] != second["metadata"]["uid"]
    assert last(plane.the(PYTORCH_JOB, "train"))[0] == "PyTorchJobRunning"


async def test_after_a_restart_of_the_daemon_ports_are_the_same(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=(1, "ExitCode")))
    before = environment(by_name(plane)["train-worker-0"])
    await plane.restart()
    await ends(plane, "train-worker-0", 200)
    assert environment(by_name(plane)["train-worker-0"]) == before
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, "other", Master=1))
    assert environment(by_name(plane)["other-master-0"])["MASTER_PORT"] != before["MASTER_PORT"]


async def test_another_manager_has_it_to_itself(plane: Plane) -> None:
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, run={"managedBy": "kueue.x-k8s.io/multikueue"}, Master=1))
    assert not plane.pods() and "status" not in plane.the(PYTORCH_JOB, "train")


async def test_names_of_types_in_any_letters(plane: Plane) -> None:
    lower = job(TF_JOB, "lower", Worker=1)
    specs = lower["spec"]["tfReplicaSpecs"]
    specs["worker"] = specs.pop("Worker")
    await plane.create(TF_JOB, lower)
    assert "lower-worker-0" in by_name(plane)
    assert list(plane.the(TF_JOB, "lower")["status"]["replicaStatuses"]) == ["Worker"]


def broken(kind: Kind, change: Any, **types: Any) -> Object:
    made = job(kind, **types)
    change(made)
    return made


def first(obj: Object, type_: str) -> Object:
    found: Object = template(obj, type_)["spec"]["containers"][0]
    return found


@pytest.mark.parametrize(
    ("kind", "obj", "says"),
    [
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=2), r"pytorchReplicaSpecs\[Master\].replicas: Forbidden: must be 1"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=0), r"\[Worker\].replicas: Forbidden: must be at least 1"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Chief=1), r'\[Chief\]: Unsupported value: "Chief": supported values: "Master"'),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=1, elasticPolicy={}), r"\[Worker\]: Required value: must be configured"),
        (PYTORCH_JOB, job(PYTORCH_JOB, "1st", Master=1), r"metadata.name: Invalid value: \"1st\": should match"),
        (PYTORCH_JOB, job(PYTORCH_JOB, run={"managedBy": "me"}, Master=1), r"managedBy: Unsupported value"),
        (PYTORCH_JOB, job(PYTORCH_JOB, run={"cleanPodPolicy": "Some"}, Master=1), r"cleanPodPolicy: Unsupported value"),
        (PYTORCH_JOB, job(PYTORCH_JOB, Master=(1, "Sometimes")), r"restartPolicy: Unsupported value"),
        (XGBOOST_JOB, job(XGBOOST_JOB, Worker=1), r"xgbReplicaSpecs\[Master\]: Required value: must be present"),
        (TF_JOB, job(TF_JOB, Chief=1, Master=1), r"tfReplicaSpecs: Forbidden: must not have more than 1 Chief or"),
        (JAX_JOB, job(JAX_JOB, Master=1), r"jaxReplicaSpecs\[Master\]: Unsupported value"),
        (
            PADDLE_JOB,
            broken(PADDLE_JOB, lambda obj: first(obj, "Worker").update(name="other"), Worker=1),
            r"containers: Required value: must have at least one container with name paddle",
        ),
        (
            PADDLE_JOB,
            broken(PADDLE_JOB, lambda obj: first(obj, "Worker").pop("image"), Worker=1),
            r"containers\[0\].image: Required value: must be required",
        ),
        (
            PYTORCH_JOB,
            broken(PYTORCH_JOB, lambda obj: first(obj, "Master").pop("command"), Master=1),
            r"container pytorch of pod train-master-0 has no command, so it would run the entrypoint of image "
            r"some/image; .*minikf up --engine k3d",
        ),
        (
            PYTORCH_JOB,
            broken(PYTORCH_JOB, lambda obj: first(obj, "Master").update(volumeMounts=[MOUNT]), Master=1),
            r"it makes no valid pod train-master-0: spec.containers\[0\].volumeMounts\[0\].name: Not found",
        ),
        (TF_JOB, job(TF_JOB, Worker=2_000_000_000), r"it has 2000000000 replicas, and on one machine 500 are the most"),
    ],
)  # fmt: skip
async def test_what_is_refused(plane: Plane, kind: Kind, obj: Object, says: str) -> None:
    with pytest.raises(ApiError, match=says) as caught:
        await plane.create(kind, obj)
    assert caught.value.code == 403
    assert f"validator.{kind.singular}.training-operator.kubeflow.org" in caught.value.message


async def test_the_manager_cannot_change(plane: Plane) -> None:
    await plane.create(TF_JOB, job(TF_JOB, run={}, Worker=1))
    with pytest.raises(ApiError, match=r"managedBy: Invalid value: .*: field is immutable"):
        await plane.change(
            TF_JOB, "train", lambda obj: obj["spec"]["runPolicy"].update(managedBy="kubeflow.org/training-operator")
        )


async def test_a_quota_counts_jobs_and_their_pods(plane: Plane) -> None:
    hard = {"count/pytorchjobs.kubeflow.org": "1", "pods": "1"}
    await plane.create(kinds.RESOURCE_QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": hard}})
    await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, Master=1, Worker=1))
    with pytest.raises(ApiError, match=r"exceeded quota: small, requested: count/pytorchjobs.kubeflow.org=1"):
        await plane.create(PYTORCH_JOB, job(PYTORCH_JOB, "other", Master=1))
    assert len(plane.pods()) == 1
    assert any(reason == "FailedCreatePod" and "exceeded quota" in text for reason, text in await plane.events("train"))
