"""Trials that are jobs of the Training Operator: Katib's defaults, the pod whose metrics count, and their ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.kinds import EXPERIMENT, MPI_JOB, PYTORCH_JOB, TF_JOB, TRAINING_KINDS, TRIAL, Kind
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Object, Plane
from tests.unit.tuning.conftest import conditions, end_pod, experiment, log_of, the_experiment, trials, waiting

SUCCEEDED = 'status.conditions.#(type=="Succeeded")#|#(status=="True")#'
FAILED = 'status.conditions.#(type=="Failed")#|#(status=="True")#'
ROLE = "training.kubeflow.org/job-role"
# A job with more than one replica, the first of which is its master.
TYPES = dict.fromkeys(TRAINING_KINDS, ("Master", "Worker")) | {
    TRAINING_KINDS[4]: ("Worker",),
    MPI_JOB: ("Launcher", "Worker"),
}


def training_job(kind: Kind, types: tuple[str, ...] = (), *, command: list[str] | None = None, **spec: Any) -> Object:
    framework = FRAMEWORKS[kind]
    container = {"name": framework.container, "image": "some/image"}
    run = {**container, "command": command or ["python3", "-c", "print('loss=' + '${trialParameters.rate}')"]}
    if kind is MPI_JOB:
        run["command"] = ["mpirun", "-np", "2", *run["command"]]
    specs = {
        type_: {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {"containers": [run]}}}
        for type_ in types or TYPES[kind]
    }
    return {"apiVersion": kind.api_version, "kind": kind.kind, "spec": {framework.specs: specs, **spec}}


def template(kind: Kind, *types: str, **more: Any) -> Object:
    spec = {key: more.pop(key) for key in ("command", "runPolicy") if key in more}
    return {
        "primaryContainerName": FRAMEWORKS[kind].container,
        "trialSpec": training_job(kind, types, **spec),
        **more,
    }


@pytest.fixture(autouse=True)
def open_mpi(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with Open MPI, on which its port can be closed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("orterun", "mpirun"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (folder / "ompi_info").touch()
    monkeypatch.setattr("minikf.embedded.controllers.training.mpi.pods_path", lambda: str(folder))
    monkeypatch.setattr("minikf.embedded.mpi.guard.why_not", lambda: "")


@pytest.mark.parametrize("kind", TRAINING_KINDS, ids=lambda kind: kind.kind)
async def test_each_kind_is_a_trial(plane: Plane, kind: Kind) -> None:
    await plane.create(EXPERIMENT, experiment(template=template(kind), maxTrialCount=1, parallelTrialCount=1))
    made = the_experiment(plane)["spec"]["trialTemplate"]
    assert made["successCondition"] == SUCCEEDED and made["failureCondition"] == FAILED
    assert made["primaryPodLabels"] == {ROLE: "master"}
    pods = waiting(plane)
    assert len(pods) == len(TYPES[kind])
    for pod in pods:
        log_of(plane, pod).write_text("loss=0.01\n")  # a Worker's, which is not to be read
        await plane.set_phase(pod, "Running")
    (master,) = [pod for pod in pods if pod["metadata"]["labels"].get(ROLE) == "master"]
    await end_pod(plane, master, lambda values: "loss=0.5\n")
    (trial,) = trials(plane)
    assert conditions(trial)["Succeeded"] == ("True", f"TrialSucceeded. Job reason: {kind.kind}Succeeded")
    assert trial["status"]["observation"]["metrics"][0]["latest"] == "0.5"
    assert conditions(the_experiment(plane))["Succeeded"][0] == "True"
    assert plane.names(kind) == [], "the job goes with its trial"
    assert waiting(plane) == [], "and its pods with it"


async def test_all_workers_count_where_the_template_says_so(plane: Plane) -> None:
    made = template(TF_JOB, "Worker", primaryPodLabels={"training.kubeflow.org/replica-type": "worker"})
    made["trialSpec"]["spec"]["tfReplicaSpecs"]["Worker"]["replicas"] = 2
    await plane.create(EXPERIMENT, experiment(template=made, maxTrialCount=1, parallelTrialCount=1))
    pods = sorted(waiting(plane), key=lambda pod: pod["metadata"]["name"])
    for pod, said in zip(pods, ("loss=0.4\n", "loss=0.3\n"), strict=True):
        log_of(plane, pod).write_text(said)
        await plane.set_phase(pod, "Running")
    for pod in reversed(pods):
        await plane.set_phase(pod, "Succeeded")
    (trial,) = trials(plane)
    assert trial["status"]["observation"]["metrics"][0]["min"] == "0.3"


async def test_a_failed_job_fails_its_trial(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(template=template(PYTORCH_JOB), maxTrialCount=1, parallelTrialCount=1))
    worker = next(pod for pod in waiting(plane) if pod["metadata"]["name"].endswith("worker-0"))
    await end_pod(plane, worker, phase="Failed")
    (trial,) = trials(plane)
    assert conditions(trial)["Failed"] == ("True", "TrialFailed. Job reason: PyTorchJobFailed")


async def test_a_retained_job_that_was_stopped_early_is_suspended(plane: Plane) -> None:
    stopping = {
        "algorithmName": "medianstop",
        "algorithmSettings": [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "1"}],
    }
    made = template(PYTORCH_JOB, "Master", retain=True)
    spec = {"earlyStopping": stopping, "parallelTrialCount": 1, "maxTrialCount": 2}
    await plane.create(EXPERIMENT, experiment(template=made, **spec))
    (first,) = waiting(plane)
    await end_pod(plane, first, lambda values: "loss=0.1\n")
    (second,) = waiting(plane)
    log_of(plane, second).write_text("loss=0.9\n")
    await plane.set_phase(second, "Running")
    async with asyncio.timeout(10):
        while waiting(plane):
            await asyncio.sleep(0.02)
    await plane.settle()
    jobs = {name: plane.the(PYTORCH_JOB, name) for name in plane.names(PYTORCH_JOB)}
    assert sorted(jobs) == sorted(plane.names(TRIAL)), "retained"
    name = second["metadata"]["labels"]["training.kubeflow.org/job-name"]
    assert jobs[name]["spec"]["runPolicy"]["suspend"] is True
    assert jobs[name]["status"]["conditions"][-1]["type"] == "Suspended"
    assert conditions(plane.the(TRIAL, name))["EarlyStopped"][0] == "True"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (template(PYTORCH_JOB, command=["python3", "/opt/a.py", "${trialParameters.rate}"]), "runs /opt/a.py, which"),
        (template(MPI_JOB, command=["python3", "/opt/b.py", "${trialParameters.rate}"]), "runs /opt/b.py, which"),
        (template(PYTORCH_JOB, "Chief"), r'pytorchReplicaSpecs\[Chief\]: Unsupported value: "Chief"'),
        (template(PYTORCH_JOB, primaryContainerName="main"), "there is no container 'main', only pytorch"),
        (template(TF_JOB, runPolicy={"backoffLimit": "many"}), r"invalid TFJob: spec.runPolicy.backoffLimit"),
        (template(TF_JOB, runPolicy={"backOffLimit": 1}), r"unknown field \"spec.runPolicy.backOffLimit\""),
    ],
)  # fmt: skip
async def test_what_cannot_run_is_refused_before_it_starts(plane: Plane, made: Object, says: str) -> None:
    with pytest.raises(ApiError, match=says) as refused:
        await plane.create(EXPERIMENT, experiment(template=made))
    assert "spec.trialTemplate.trialSpec: Forbidden" in refused.value.message
    assert plane.names(EXPERIMENT) == []


async def test_a_job_that_needs_its_image_is_refused(plane: Plane) -> None:
    made = template(PYTORCH_JOB, "Master")
    container = made["trialSpec"]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]
    container.pop("command")
    container["args"] = ["--rate=${trialParameters.rate}"]
    with pytest.raises(ApiError, match=r"has no command, so it would run the entrypoint of image some/image.*k3d"):
        await plane.create(EXPERIMENT, experiment(template=made))
