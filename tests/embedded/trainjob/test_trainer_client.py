"""The official SDK's TrainerClient with its Kubernetes back end, unmodified, against a real platform."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow.trainer import CustomTrainer, CustomTrainerContainer, TrainerClient
from kubeflow.trainer.options import ActiveDeadlineSeconds, Annotations, Labels, Name, TrainerArgs, TrainerCommand
from kubernetes import client

from tests.embedded.trainjob import functions

# Seconds. The SDK takes fractions; its annotation does not say so.
OFTEN: Any = 0.05
GROUP = ("trainer.kubeflow.org", "v1alpha1")


@pytest.fixture
def done(trainer: TrainerClient) -> Iterator[list[str]]:
    """Names of TrainJobs to delete at the end."""
    names: list[str] = []
    yield names
    for name in names:
        trainer.delete_job(name)


def finish(trainer: TrainerClient, name: str) -> str:
    job = trainer.wait_for_job_status(name, {"Complete", "Failed"}, timeout=60, polling_interval=OFTEN)
    return str(job.status)


def reasons(trainer: TrainerClient, name: str) -> set[tuple[str, str]]:
    """(kind, reason) of the events about a job and its parts."""
    return {(event.involved_object_kind, event.reason) for event in trainer.get_job_events(name)}


def test_the_runtimes_are_listed(trainer: TrainerClient) -> None:
    found = {runtime.name: runtime.trainer.framework for runtime in trainer.list_runtimes()}
    assert found["torch-distributed"] == "torch"
    assert found["plain-python"] == "python"
    assert trainer.get_runtime("torch-distributed").trainer.num_nodes == 1


def test_a_function_with_arguments_and_variables(trainer: TrainerClient, done: list[str]) -> None:
    custom = CustomTrainer(
        func=functions.say,
        func_args={"word": "hello", "times": 2},
        env={"FLAVOUR": "vanilla"},
        resources_per_node={"cpu": 1, "memory": "512Mi"},
    )
    name = trainer.train(runtime="plain-python", trainer=custom)
    done.append(name)
    assert finish(trainer, name) == "Complete"
    assert list(trainer.get_job_logs(name)) == ["hello vanilla", "hello vanilla"]
    job = trainer.get_job(name)
    (step,) = job.steps
    assert (step.name, step.status, step.device, step.device_count) == ("node-0", "Succeeded", "cpu", "1")
    assert name in [one.name for one in trainer.list_jobs()]
    end = time.monotonic() + 10  # events are written a moment after what they tell of
    while ("TrainJob", "AllJobsCompleted") not in reasons(trainer, name):
        assert time.monotonic() < end, reasons(trainer, name)
        time.sleep(0.05)
    trainer.delete_job(name)
    done.remove(name)
    with pytest.raises(RuntimeError):
        trainer.get_job(name)


def test_the_default_runtime_runs_a_function_without_torch(trainer: TrainerClient, done: list[str]) -> None:
    name = trainer.train(trainer=CustomTrainer(func=functions.say, func_args={"word": "torchless"}))
    done.append(name)
    assert finish(trainer, name) == "Complete"
    assert list(trainer.get_job_logs(name)) == ["torchless plain"]


def test_a_command_with_name_labels_and_annotations(
    trainer: TrainerClient, done: list[str], api: client.ApiClient
) -> None:
    trainer.train(
        runtime=trainer.get_runtime("plain-python"),
        trainer=CustomTrainerContainer(image="some/image"),
        options=[
            Name("by-command"),
            Labels({"team": "a"}),
            Annotations({"note": "b"}),
            TrainerCommand(["sh", "-c"]),
            TrainerArgs(["echo from the shell"]),
        ],
    )
    done.append("by-command")
    assert finish(trainer, "by-command") == "Complete"
    assert list(trainer.get_job_logs("by-command")) == ["from the shell"]
    custom = client.CustomObjectsApi(api)
    meta = custom.get_namespaced_custom_object(*GROUP, "default", "trainjobs", "by-command")["metadata"]
    assert meta["labels"] == {"team": "a"} and meta["annotations"] == {"note": "b"}


def test_options_of_a_later_trainer_are_refused_with_the_reason(trainer: TrainerClient) -> None:
    with pytest.raises(RuntimeError) as caught:
        trainer.train(
            runtime="plain-python",
            trainer=CustomTrainer(func=functions.say),
            options=[ActiveDeadlineSeconds(5), Name("too-late")],
        )
    assert "came with Kubeflow Trainer 2.2" in str(caught.value.__cause__)


def test_packages_that_are_there_cost_nothing_and_others_are_installed_or_said(
    trainer: TrainerClient, done: list[str]
) -> None:
    custom = CustomTrainer(func=functions.say, packages_to_install=["scikit-learn"])
    name = trainer.train(runtime="plain-python", trainer=custom)
    done.append(name)
    assert finish(trainer, name) == "Complete"
    assert list(trainer.get_job_logs(name))[-1] == "nothing plain"

    missing = CustomTrainer(func=functions.say, packages_to_install=["minikf-there-is-no-such-package==9.9"])
    name = trainer.train(runtime="plain-python", trainer=missing)
    done.append(name)
    assert finish(trainer, name) == "Failed"
    assert "minikf-there-is-no-such-package" in "\n".join(trainer.get_job_logs(name))


def test_a_function_that_raises_fails_at_once_with_its_traceback(trainer: TrainerClient, done: list[str]) -> None:
    name = trainer.train(runtime="plain-python", trainer=CustomTrainer(func=functions.fail))
    done.append(name)
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="is Failed"):
        trainer.wait_for_job_status(name, timeout=60, polling_interval=OFTEN)
    assert time.monotonic() - started < 20
    lines = list(trainer.get_job_logs(name))
    assert lines[0] == "about to fail" and lines[-1] == "ValueError: no such luck"


def test_logs_are_followed_while_it_runs(trainer: TrainerClient, done: list[str]) -> None:
    name = trainer.train(runtime="plain-python", trainer=CustomTrainer(func=functions.wait_long))
    done.append(name)
    trainer.wait_for_job_status(name, {"Running"}, timeout=60, polling_interval=OFTEN)
    lines = trainer.get_job_logs(name, follow=True)
    assert next(iter(lines)) == "waiting"
    assert trainer.get_job(name).status == "Running"


def test_deleting_a_running_job_ends_its_process(trainer: TrainerClient, api: client.ApiClient) -> None:
    name = trainer.train(runtime="plain-python", trainer=CustomTrainer(func=functions.wait_long))
    trainer.wait_for_job_status(name, {"Running"}, timeout=60, polling_interval=OFTEN)
    trainer.delete_job(name)
    core = client.CoreV1Api(api)
    selector = f"jobset.sigs.k8s.io/jobset-name={name}"
    for _ in range(200):
        if not core.list_namespaced_pod("default", label_selector=selector).items:
            break
        time.sleep(0.05)
    assert not core.list_namespaced_pod("default", label_selector=selector).items
    assert not client.BatchV1Api(api).list_namespaced_job("default", label_selector=selector).items


@pytest.mark.parametrize("nodes", [2, 3])
def test_nodes_meet_at_the_masters_address(trainer: TrainerClient, done: list[str], nodes: int) -> None:
    """A rendezvous over sockets: proves rank, size and address of the torch policy without torch."""
    name = trainer.train(runtime="torch-distributed", trainer=CustomTrainer(func=functions.meet, num_nodes=nodes))
    done.append(name)
    assert finish(trainer, name) == "Complete"
    everybody = list(range(nodes))
    for rank in everybody:
        assert list(trainer.get_job_logs(name, step=f"node-{rank}")) == [f"rank {rank} of {nodes} met {everybody}"]


def test_several_processes_on_several_nodes(trainer: TrainerClient, done: list[str], api: client.ApiClient) -> None:
    custom = client.CustomObjectsApi(api)
    runtime = trainer.get_runtime("torch-distributed")
    chosen = CustomTrainer(func=functions.workers, num_nodes=2)
    spec = trainer.backend._get_trainjob_spec(runtime=runtime, trainer=chosen).to_dict()
    spec["trainer"]["numProcPerNode"] = 2
    body = {"apiVersion": "/".join(GROUP), "kind": "TrainJob", "metadata": {"name": "two-by-two"}, "spec": spec}
    custom.create_namespaced_custom_object(*GROUP, "default", "trainjobs", body)
    done.append("two-by-two")
    assert finish(trainer, "two-by-two") == "Complete"
    for node in range(2):
        lines = sorted(trainer.get_job_logs("two-by-two", step=f"node-{node}"))
        first = 2 * node
        assert lines == [f"{first} 0 4 2 {node} 127.0.0.1", f"{first + 1} 1 4 2 {node} 127.0.0.1"]


@pytest.mark.skipif("MINIKF_TEST_TORCH" not in os.environ, reason="MINIKF_TEST_TORCH=1 installs torch (gigabytes)")
def test_two_nodes_add_up_with_torch_and_gloo(trainer: TrainerClient, done: list[str]) -> None:
    chosen = CustomTrainer(func=functions.all_reduce, num_nodes=2, packages_to_install=["torch", "numpy"])
    name = trainer.train(runtime="torch-distributed", trainer=chosen)
    done.append(name)
    job = trainer.wait_for_job_status(name, {"Complete", "Failed"}, timeout=3000, polling_interval=1)
    assert job.status == "Complete", list(trainer.get_job_logs(name))
    for rank in range(2):
        assert list(trainer.get_job_logs(name, step=f"node-{rank}"))[-1] == "sum 3.0 of 2"


def test_suspend_and_resume(trainer: TrainerClient, done: list[str], api: client.ApiClient) -> None:
    custom = client.CustomObjectsApi(api)
    name = trainer.train(runtime="plain-python", trainer=CustomTrainer(func=functions.wait_long))
    done.append(name)
    trainer.wait_for_job_status(name, {"Running"}, timeout=60, polling_interval=OFTEN)
    first = trainer.get_job(name).steps[0].pod_name

    def suspend(value: bool) -> None:
        custom.patch_namespaced_custom_object(*GROUP, "default", "trainjobs", name, {"spec": {"suspend": value}})

    suspend(True)
    core = client.CoreV1Api(api)
    selector = f"jobset.sigs.k8s.io/jobset-name={name}"
    for _ in range(200):
        if not core.list_namespaced_pod("default", label_selector=selector).items:
            break
        time.sleep(0.05)
    status = custom.get_namespaced_custom_object(*GROUP, "default", "trainjobs", name)["status"]
    assert [(one["type"], one["status"]) for one in status["conditions"]] == [("Suspended", "True")]
    suspend(False)
    for _ in range(200):
        pods = core.list_namespaced_pod("default", label_selector=selector).items
        if pods and pods[0].status.phase == "Running":
            break
        time.sleep(0.05)
    assert pods[0].status.phase == "Running" and pods[0].metadata.name != first
