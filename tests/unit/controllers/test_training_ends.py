"""Jobs of the Training Operator: failures, limits, restarts, and how they end."""

from __future__ import annotations

import pytest

from minikf.embedded.kinds import JAX_JOB, PADDLE_JOB, POD, PYTORCH_JOB, TF_JOB, XGBOOST_JOB, Kind
from minikf.embedded.pods.state import STOPPED
from tests.unit.controllers.conftest import Plane
from tests.unit.controllers.trainingjobs import Object, by_name, conditions, ends, environment, job, last, run


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
