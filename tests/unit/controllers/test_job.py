"""Jobs: what a client sees of a Job while its pods come and go."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.kinds import JOB, POD
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]


def job(name: str = "one", **spec: Any) -> Object:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "x", "command": ["true"]}]}}
    return {"metadata": {"name": name}, "spec": {"template": template, **spec}}


def conditions(obj: Object) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one["reason"]) for one in obj["status"].get("conditions", [])}


async def test_a_job_is_complete_when_its_pod_succeeded(plane: Plane) -> None:
    await plane.create(JOB, job())
    (pod,) = plane.pods()
    labels = pod["metadata"]["labels"]
    uid = plane.the(JOB, "one")["metadata"]["uid"]
    assert labels["batch.kubernetes.io/job-name"] == labels["job-name"] == "one"
    assert labels["batch.kubernetes.io/controller-uid"] == labels["controller-uid"] == uid
    assert pod["metadata"]["name"].startswith("one-")
    assert plane.the(JOB, "one")["status"]["active"] == 1

    await plane.set_phase(pod, "Running")
    assert plane.the(JOB, "one")["status"]["ready"] == 1

    await plane.set_phase(pod, "Succeeded")
    status = plane.the(JOB, "one")["status"]
    assert conditions(plane.the(JOB, "one")) == {
        "SuccessCriteriaMet": ("True", "CompletionsReached"),
        "Complete": ("True", "CompletionsReached"),
    }
    assert (status["succeeded"], status["ready"], status["terminating"]) == (1, 0, 0)
    assert "active" not in status
    assert status["completionTime"] >= status["startTime"]
    assert ("Completed", "Job completed") in await plane.events("one")
    assert len(plane.pods()) == 1, "pods of a finished Job stay, with their logs"


async def test_completions_and_parallelism(plane: Plane) -> None:
    await plane.create(JOB, job(completions=5, parallelism=2))
    for done in range(5):
        active = [pod for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
        assert len(active) == min(2, 5 - done)
        await plane.set_phase(active[0], "Succeeded")
    assert plane.the(JOB, "one")["status"]["succeeded"] == 5
    assert conditions(plane.the(JOB, "one"))["Complete"] == ("True", "CompletionsReached")
    assert len(plane.pods()) == 5


async def test_an_indexed_job_gives_each_pod_its_index(plane: Plane) -> None:
    await plane.create(JOB, job(completions=3, parallelism=3, completionMode="Indexed"))
    key = "batch.kubernetes.io/job-completion-index"
    by_index = {pod["metadata"]["annotations"][key]: pod for pod in plane.pods()}
    assert sorted(by_index) == ["0", "1", "2"]
    pod = by_index["1"]
    assert pod["metadata"]["labels"][key] == "1"
    assert pod["spec"]["hostname"] == "one-1"
    assert pod["metadata"]["name"].startswith("one-1-")
    env = {one["name"]: one for one in pod["spec"]["containers"][0]["env"]}
    assert env["JOB_COMPLETION_INDEX"]["valueFrom"]["fieldRef"]["fieldPath"] == f"metadata.labels['{key}']"

    await plane.set_phase(by_index["2"], "Succeeded")
    assert plane.the(JOB, "one")["status"]["completedIndexes"] == "2"
    await plane.set_phase(by_index["0"], "Failed")
    again = [pod for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
    assert sorted(pod["metadata"]["annotations"][key] for pod in again) == ["0", "1"]


async def test_a_failed_pod_is_replaced_after_a_pause_until_the_limit(plane: Plane) -> None:
    await plane.create(JOB, job(backoffLimit=1))
    await plane.set_phase(plane.pods()[0], "Failed")
    plane.clock.move(1)
    await plane.change(JOB, "one", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    active = [pod for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
    assert len(active) == 1
    assert plane.the(JOB, "one")["status"]["failed"] == 1
    await plane.set_phase(active[0], "Failed")
    assert conditions(plane.the(JOB, "one")) == {
        "FailureTarget": ("True", "BackoffLimitExceeded"),
        "Failed": ("True", "BackoffLimitExceeded"),
    }
    assert plane.the(JOB, "one")["status"]["failed"] == 2
    message = "Job has reached the specified backoff limit"
    assert ("BackoffLimitExceeded", message) in await plane.events("one")


async def test_restarts_in_place_use_up_the_limit(plane: Plane) -> None:
    wanted = job(backoffLimit=2)
    wanted["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    await plane.create(JOB, wanted)
    await plane.set_phase(plane.pods()[0], "Running", restarts=1)
    assert "Failed" not in conditions(plane.the(JOB, "one"))
    await plane.set_phase(plane.pods()[0], "Running", restarts=2)
    assert conditions(plane.the(JOB, "one"))["Failed"] == ("True", "BackoffLimitExceeded")
    assert not plane.pods(), "the pod that still ran is ended"


async def test_the_active_deadline_fails_the_job_and_ends_its_pods(plane: Plane) -> None:
    await plane.create(JOB, job(activeDeadlineSeconds=60))
    plane.clock.move(61)
    await plane.change(JOB, "one", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert conditions(plane.the(JOB, "one"))["Failed"] == ("True", "DeadlineExceeded")
    assert not plane.pods()


async def test_suspend_ends_pods_and_resume_starts_new_ones(plane: Plane) -> None:
    await plane.create(JOB, job(suspend=True, activeDeadlineSeconds=60))
    assert not plane.pods()
    assert conditions(plane.the(JOB, "one")) == {"Suspended": ("True", "JobSuspended")}
    assert "startTime" not in plane.the(JOB, "one")["status"]

    await plane.change(JOB, "one", lambda obj: obj["spec"].update(suspend=False))
    assert len(plane.pods()) == 1
    assert conditions(plane.the(JOB, "one")) == {"Suspended": ("False", "JobResumed")}
    started = plane.the(JOB, "one")["status"]["startTime"]

    await plane.change(JOB, "one", lambda obj: obj["spec"].update(suspend=True))
    assert not plane.pods()
    plane.clock.move(120)
    await plane.change(JOB, "one", lambda obj: obj["spec"].update(suspend=False))
    assert len(plane.pods()) == 1, "the deadline does not run while a Job is suspended"
    assert plane.the(JOB, "one")["status"]["startTime"] > started


async def test_a_finished_job_goes_after_its_ttl(plane: Plane) -> None:
    await plane.create(JOB, job(ttlSecondsAfterFinished=30))
    await plane.set_phase(plane.pods()[0], "Succeeded")
    assert plane.get(JOB, "one")
    plane.clock.move(31)
    await plane.change(JOB, "one", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert plane.get(JOB, "one") is None
    assert not plane.pods()


async def test_a_pod_that_succeeded_counts_after_it_was_deleted(plane: Plane) -> None:
    await plane.create(JOB, job(completions=2, parallelism=1))
    (first,) = plane.pods()
    await plane.set_phase(first, "Succeeded")
    await plane.objects.delete(POD, "default", first["metadata"]["name"])
    await plane.settle()
    assert plane.the(JOB, "one")["status"]["succeeded"] == 1
    await plane.restart()
    (second,) = plane.pods()
    await plane.set_phase(second, "Succeeded")
    assert plane.the(JOB, "one")["status"]["succeeded"] == 2
    assert conditions(plane.the(JOB, "one"))["Complete"] == ("True", "CompletionsReached")


async def test_a_running_pod_that_somebody_deletes_is_replaced(plane: Plane) -> None:
    await plane.create(JOB, job(backoffLimit=0))
    (first,) = plane.pods()
    await plane.set_phase(first, "Running")
    await plane.objects.delete(POD, "default", first["metadata"]["name"])
    await plane.settle()
    (second,) = plane.pods()
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert "Failed" not in conditions(plane.the(JOB, "one"))


async def test_a_work_queue_is_done_when_one_pod_succeeded_and_the_others_ended(plane: Plane) -> None:
    await plane.create(JOB, job(parallelism=2))
    one, other = plane.pods()
    await plane.set_phase(one, "Succeeded")
    assert "Complete" not in conditions(plane.the(JOB, "one"))
    assert len(plane.pods()) == 2, "no pod is added after the first success"
    await plane.set_phase(other, "Succeeded")
    assert conditions(plane.the(JOB, "one"))["Complete"] == ("True", "CompletionsReached")


async def test_less_parallelism_ends_the_pods_that_are_not_ready(plane: Plane) -> None:
    await plane.create(JOB, job(completions=9, parallelism=3))
    ready = plane.pods()[1]
    await plane.set_phase(ready, "Running")
    await plane.change(JOB, "one", lambda obj: obj["spec"].update(parallelism=1))
    assert [pod["metadata"]["uid"] for pod in plane.pods()] == [ready["metadata"]["uid"]]


@pytest.mark.parametrize("field", ["podFailurePolicy", "backoffLimitPerIndex", "successPolicy"])
async def test_what_is_not_carried_out_is_refused(plane: Plane, field: str) -> None:
    values = {
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}}]},
        "backoffLimitPerIndex": 1,
        "successPolicy": {"rules": [{"succeededCount": 1}]},
    }
    wanted = job(completions=2, parallelism=2, completionMode="Indexed")
    wanted["spec"][field] = values[field]
    with pytest.raises(ApiError) as caught:
        await plane.create(JOB, wanted)
    assert caught.value.code == 403
    assert f"spec.{field}" in caught.value.message and "minikf up --engine k3d" in caught.value.message
    assert plane.get(JOB, "one") is None
