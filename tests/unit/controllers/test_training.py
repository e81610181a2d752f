"""Jobs of the Training Operator: what is made of one, and what its pods are told."""

from __future__ import annotations

import json

from minikf.embedded.controllers.training.ports import FIRST_PORT, LAST_PORT
from minikf.embedded.kinds import JAX_JOB, PADDLE_JOB, PYTORCH_JOB, TF_JOB, XGBOOST_JOB
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.trainingjobs import PREFIX, by_name, conditions, ends, environment, job, last, run


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
