"""The JobSet that a TrainJob describes, where the SDK's later fields are concerned."""

from __future__ import annotations

import socket
from typing import Any

from minikf.embedded.controllers.trainjob.build import build_jobset
from minikf.embedded.controllers.trainjob.checks import check_train_job
from minikf.embedded.controllers.trainjob.ports import FIRST_PORT, free_port, port_of
from minikf.embedded.controllers.trainjob.status import seconds_left
from tests.unit.controllers.test_trainjob import replicated, runtime, train_job

Object = dict[str, Any]


def with_identity(job: Object) -> Object:
    meta = {"namespace": "default", "uid": "u", "creationTimestamp": "2026-05-01T12:00:00Z"}
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        **job,
        "metadata": {**job["metadata"], **meta},
    }


def patch(job_name: str, pod: Object, **template: Any) -> Object:
    change = {"name": job_name, "template": {"spec": {"template": pod}, **template}}
    return {
        "manager": "trainer.kubeflow.org/sdk",
        "trainingRuntimeSpec": {"template": {"spec": {"replicatedJobs": [change]}}},
    }


def test_runtime_patches_are_merged_by_name() -> None:
    made = runtime("mine", replicated(command=["x"]), replicated("aside", "", command=["y"]))
    before = repr(made)
    pod = {
        "metadata": {"labels": {"cost": "low"}},
        "spec": {
            "nodeSelector": {"disk": "fast"},
            "containers": [{"name": "node", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        },
    }
    job = with_identity(train_job(runtimePatches=[patch("node", pod, metadata={"annotations": {"a": "b"}})]))
    node, aside = build_jobset(job, made, 0)["spec"]["replicatedJobs"]
    assert node["template"]["metadata"]["annotations"] == {"a": "b"}
    template = node["template"]["spec"]["template"]
    assert template["metadata"]["labels"] == {"cost": "low"}
    assert template["spec"]["nodeSelector"] == {"disk": "fast"}
    (container,) = template["spec"]["containers"]
    assert container["image"] == "some/image" and container["volumeMounts"] == [{"name": "v", "mountPath": "/v"}]
    assert aside == made["spec"]["template"]["spec"]["replicatedJobs"][1] | {"template": aside["template"]}
    assert repr(made) == before, "the stored runtime is never changed"


def test_patches_of_jobs_and_containers_that_are_not_there_are_refused() -> None:
    made = runtime("mine", replicated(command=["x"]))
    wrong_job = check_train_job(train_job(runtimePatches=[patch("other", {})]), None, made)
    assert "must not have replicated job that doesn't exist in the runtime job template" in wrong_job[0]
    pod = {"spec": {"containers": [{"name": "other"}, {"name": "node", "env": [{"name": "A", "value": "1"}]}]}}
    wrong = check_train_job(train_job(runtimePatches=[patch("node", pod)]), None, made)
    assert "must not have container that doesn't exist in the runtime job node" in wrong[0]
    assert "must not have envs for the" in wrong[1]


def test_the_deadline_counts_from_creation_or_from_going_on() -> None:
    from datetime import UTC, datetime

    job = with_identity(train_job(activeDeadlineSeconds=60))

    def since(moment: datetime) -> float:
        return (datetime(2026, 5, 1, 12, 0, 45, tzinfo=UTC) - moment).total_seconds()

    assert seconds_left(job, {}, since) == 15
    resumed = {"type": "Suspended", "status": "False", "lastTransitionTime": "2026-05-01T12:00:30Z"}
    assert seconds_left(job, {"conditions": [resumed]}, since) == 45
    job["spec"]["suspend"] = True
    assert seconds_left(job, {}, since) is None


def test_a_port_that_is_taken_is_passed_over() -> None:
    first = free_port(set())
    assert first >= FIRST_PORT
    with socket.create_server(("127.0.0.1", first)):
        assert free_port(set()) > first
    assert free_port({first}) > first


def test_the_port_is_read_off_the_jobs() -> None:
    made = runtime("mine", replicated(command=["x"]), policy={"torch": {}})
    jobset = build_jobset(with_identity(train_job()), made, 29511)
    jobs = [one["template"] for one in jobset["spec"]["replicatedJobs"]]
    assert port_of(jobs) == 29511
    assert port_of([]) is None
