"""TrainJobs: what is made of one, and what its status says."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, JOB, TRAIN_JOB, TRAINING_RUNTIME
from minikf.embedded.options import Options
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Plane

Object = dict[str, Any]
INDEX = "batch.kubernetes.io/job-completion-index"
ANCESTOR = "trainer.kubeflow.org/trainjob-ancestor-step"


def train_job(name: str = "train", runtime: str = "plain-python", **spec: Any) -> Object:
    reference = {"name": runtime, **spec.pop("runtimeRef", {})}
    trainer = {"command": ["python", "-c", "pass"], **spec.pop("trainer", {})}
    return {"metadata": {"name": name}, "spec": {"runtimeRef": reference, "trainer": trainer, **spec}}


def runtime(name: str, *jobs: Object, policy: Object | None = None, **jobset: Any) -> Object:
    spec = {"mlPolicy": policy or {"numNodes": 1}, "template": {"spec": {"replicatedJobs": list(jobs), **jobset}}}
    return {"metadata": {"name": name}, "spec": spec}


def replicated(name: str = "node", step: str = "trainer", command: list[str] | None = None, **fields: Any) -> Object:
    container: Object = {"name": "node" if step == "trainer" else step or "main", "image": "some/image"}
    if command:
        container["command"] = command
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    labels = {ANCESTOR: step} if step else {}
    template = {"metadata": {"labels": labels}, "spec": {"backoffLimit": 0, "template": pod}}
    return {"name": name, "template": template, **fields}


def conditions(obj: Object) -> dict[str, tuple[str, str, str]]:
    found = (obj.get("status") or {}).get("conditions", [])
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in found}


def environment(pod: Object) -> dict[str, str]:
    env = pod["spec"]["containers"][0].get("env") or []
    return {one["name"]: one.get("value", str(one.get("valueFrom"))) for one in env}


async def test_from_created_to_complete(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job())
    (job,) = (plane.the(JOB, name) for name in plane.names(JOB))
    (pod,) = plane.pods()
    assert job["metadata"]["name"] == "train-node-0"
    assert job["metadata"]["ownerReferences"][0]["kind"] == "TrainJob"
    assert pod["metadata"]["name"].startswith("train-node-0-0-")
    assert pod["spec"]["containers"][0]["name"] == "node"
    labels = pod["metadata"]["labels"]
    prefix = "jobset.sigs.k8s.io/"
    assert {key: labels[prefix + key] for key in ("jobset-name", "replicatedjob-name", "job-index")} == {
        "jobset-name": "train", "replicatedjob-name": "node", "job-index": "0",
    }  # fmt: skip
    assert labels[INDEX] == "0"
    assert conditions(plane.the(TRAIN_JOB, "train")) == {}, "the SDK says Running only while there is no condition"

    await plane.set_phase(pod, "Running")
    counts = plane.the(TRAIN_JOB, "train")["status"]["jobsStatus"]
    assert counts == [{"name": "node", "ready": 1, "succeeded": 0, "failed": 0, "active": 1, "suspended": 0}]

    await plane.set_phase(pod, "Succeeded")
    done = plane.the(TRAIN_JOB, "train")
    assert conditions(done) == {"Complete": ("True", "AllJobsCompleted", "jobset completed successfully")}
    assert done["status"]["jobsStatus"] == [
        {"name": "node", "ready": 0, "succeeded": 1, "failed": 0, "active": 0, "suspended": 0}
    ]
    assert ("AllJobsCompleted", "jobset completed successfully") in await plane.events("train")


async def test_the_trainer_overrides_the_runtime(plane: Plane) -> None:
    trainer = {
        "image": "my/image",
        "command": ["python", "train.py"],
        "args": ["--lr", "0.1"],
        "env": [{"name": "LR", "value": "0.1"}],
        "numNodes": 3,
        "resourcesPerNode": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}},
    }
    await plane.create(TRAIN_JOB, train_job(trainer=trainer, labels={"team": "a"}, annotations={"note": "b"}))
    pods = plane.pods()
    assert sorted(pod["metadata"]["labels"][INDEX] for pod in pods) == ["0", "1", "2"]
    container = pods[0]["spec"]["containers"][0]
    assert (container["image"], container["command"], container["args"]) == (
        "my/image", ["python", "train.py"], ["--lr", "0.1"],
    )  # fmt: skip
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    assert environment(pods[0])["LR"] == "0.1"
    job = plane.the(JOB, "train-node-0")
    assert job["metadata"]["labels"]["team"] == "a" and job["metadata"]["annotations"]["note"] == "b"


async def test_torch_nodes_are_told_rank_size_and_rendezvous(plane: Plane) -> None:
    trainer = {"numNodes": 2, "numProcPerNode": 2}
    await plane.create(TRAIN_JOB, train_job("one", "torch-distributed", trainer=trainer))
    await plane.create(TRAIN_JOB, train_job("two", "torch-distributed", trainer=trainer))
    ports = set()
    for name in ("one", "two"):
        pods = [pod for pod in plane.pods() if pod["metadata"]["name"].startswith(name)]
        found = [environment(pod) for pod in pods]
        assert {env["PET_NNODES"] for env in found} == {"2"}
        assert {env["PET_NPROC_PER_NODE"] for env in found} == {"2"}
        assert {env["PET_MASTER_ADDR"] for env in found} == {"127.0.0.1"}
        for pod in pods:
            (rank,) = (one for one in pod["spec"]["containers"][0]["env"] if one["name"] == "PET_NODE_RANK")
            assert rank["valueFrom"]["fieldRef"]["fieldPath"] == f"metadata.annotations['{INDEX}']"
        (port,) = {env["PET_MASTER_PORT"] for env in found}
        ports.add(port)
    assert len(ports) == 2, "each TrainJob has a port of its own"


@pytest.mark.parametrize(
    ("trainer", "processes"),
    [
        ({}, "1"),
        ({"resourcesPerNode": {"limits": {"cpu": "3500m"}}}, "4"),
        ({"resourcesPerNode": {"limits": {"nvidia.com/gpu": 2}, "requests": {"cpu": 4}}}, "auto"),
        ({"numProcPerNode": "cpu", "resourcesPerNode": {"limits": {"nvidia.com/gpu": 2, "cpu": 4}}}, "4"),
        ({"numProcPerNode": "gpu"}, "gpu"),
        ({"numProcPerNode": 8}, "8"),
    ],
)
async def test_processes_per_node(plane: Plane, trainer: Object, processes: str) -> None:
    await plane.create(TRAIN_JOB, train_job(runtime="torch-distributed", trainer=trainer))
    assert environment(plane.pods()[0])["PET_NPROC_PER_NODE"] == processes


async def test_one_failed_node_fails_the_whole_and_ends_the_others(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job(trainer={"numNodes": 2}))
    one, other = plane.pods()
    await plane.set_phase(other, "Running")
    await plane.set_phase(one, "Failed")
    message = "jobset failed due to one or more job failures (first failed job: train-node-0)"
    assert conditions(plane.the(TRAIN_JOB, "train")) == {"Failed": ("True", "FailedJobs", message)}
    assert [pod["metadata"]["uid"] for pod in plane.pods()] == [one["metadata"]["uid"]]


async def test_restarts_of_the_runtime_begin_all_anew(plane: Plane) -> None:
    wanted = runtime("twice", replicated(), failurePolicy={"maxRestarts": 1}, policy={"numNodes": 2})
    await plane.create(CLUSTER_TRAINING_RUNTIME, wanted)
    await plane.create(TRAIN_JOB, train_job(runtime="twice"))
    first = plane.pods()
    await plane.set_phase(first[0], "Failed")
    second = plane.pods()
    assert not {pod["metadata"]["uid"] for pod in first} & {pod["metadata"]["uid"] for pod in second}
    assert {pod["metadata"]["labels"]["jobset.sigs.k8s.io/restart-attempt"] for pod in second} == {"1"}
    assert conditions(plane.the(TRAIN_JOB, "train")) == {}
    await plane.set_phase(second[1], "Failed")
    message = "jobset failed due to reaching max number of restarts (first failed job: train-node-0)"
    assert conditions(plane.the(TRAIN_JOB, "train")) == {"Failed": ("True", "ReachedMaxRestarts", message)}


async def test_suspend_and_resume(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job(suspend=True))
    assert not plane.pods()
    found = conditions(plane.the(TRAIN_JOB, "train"))
    assert found == {"Suspended": ("True", "Suspended", "TrainJob is suspended")}
    assert plane.the(JOB, "train-node-0")["spec"]["suspend"] is True

    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=False))
    (first,) = plane.pods()
    found = conditions(plane.the(TRAIN_JOB, "train"))
    assert found == {"Suspended": ("False", "Resumed", "TrainJob is resumed")}

    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=True))
    assert not plane.pods()
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=False))
    (second,) = plane.pods()
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    await plane.set_phase(second, "Succeeded")
    assert conditions(plane.the(TRAIN_JOB, "train"))["Complete"][0] == "True"


async def test_deleting_it_takes_jobs_and_pods_along(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job())
    await plane.objects.delete(TRAIN_JOB, "default", "train")
    await plane.settle()
    assert not plane.names(JOB) and not plane.pods()


async def test_pod_template_overrides(plane: Plane) -> None:
    mount = {"name": "data", "mountPath": "/data"}
    override = {
        "targetJobs": [{"name": "node"}],
        "metadata": {"labels": {"cost": "low"}},
        "spec": {
            "nodeSelector": {"disk": "fast"},
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "digits"}}],
            "containers": [{"name": "node", "volumeMounts": [mount]}],
        },
    }
    await plane.create(TRAIN_JOB, train_job(podTemplateOverrides=[override]))
    (pod,) = plane.pods()
    assert pod["metadata"]["labels"]["cost"] == "low"
    assert pod["spec"]["nodeSelector"] == {"disk": "fast"}
    assert pod["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "digits"}}]
    (container,) = pod["spec"]["containers"]
    assert container["volumeMounts"] == [mount]
    assert container["command"] == ["python", "-c", "pass"]


async def test_replicated_jobs_wait_for_those_they_depend_on(plane: Plane) -> None:
    prepare = replicated("prepare", "", command=["true"])
    train = replicated(dependsOn=[{"name": "prepare", "status": "Complete"}])
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("steps", prepare, train))
    await plane.create(TRAIN_JOB, train_job(runtime="steps"))
    (first,) = plane.pods()
    assert first["metadata"]["name"].startswith("train-prepare-0-0-")
    await plane.set_phase(first, "Succeeded")
    (second,) = [pod for pod in plane.pods() if pod["status"]["phase"] == "Pending"]
    assert second["metadata"]["name"].startswith("train-node-0-0-")
    await plane.set_phase(second, "Succeeded")
    assert "Complete" in conditions(plane.the(TRAIN_JOB, "train"))


async def test_an_initializer_with_a_command_runs_with_its_settings(plane: Plane) -> None:
    fetch = replicated("dataset-initializer", "dataset-initializer", command=["fetch"])
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("with-data", fetch, replicated()))
    dataset = {"storageUri": "hf://a/b", "env": [{"name": "PART", "value": "1"}], "secretRef": {"name": "token"}}
    await plane.create(TRAIN_JOB, train_job(runtime="with-data", initializer={"dataset": dataset}))
    pod = next(pod for pod in plane.pods() if "initializer" in pod["metadata"]["name"])
    assert environment(pod)["STORAGE_URI"] == "hf://a/b" and environment(pod)["PART"] == "1"
    assert pod["spec"]["containers"][0]["envFrom"] == [{"secretRef": {"name": "token"}}]


async def test_jobs_go_after_the_ttl_of_the_runtime(plane: Plane) -> None:
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("brief", replicated(), ttlSecondsAfterFinished=30))
    await plane.create(TRAIN_JOB, train_job(runtime="brief"))
    await plane.set_phase(plane.pods()[0], "Succeeded")
    assert plane.names(JOB)
    plane.clock.move(31)
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert not plane.names(JOB) and not plane.pods()
    assert "Complete" in conditions(plane.the(TRAIN_JOB, "train")), "the TrainJob stays, and does not run again"


async def test_a_clock_that_steps_back_does_not_put_the_ttl_off(plane: Plane) -> None:
    await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("brief", replicated(), ttlSecondsAfterFinished=30))
    await plane.create(TRAIN_JOB, train_job(runtime="brief"))
    await plane.set_phase(plane.pods()[0], "Succeeded")
    plane.clock.step(-3600)
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "once"}))
    assert plane.names(JOB)
    plane.clock.move(31)
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["metadata"].update(labels={"look": "again"}))
    assert not plane.names(JOB)


async def test_a_namespaced_runtime(plane: Plane) -> None:
    await plane.create(TRAINING_RUNTIME, runtime("mine", replicated(command=["mine"])))
    wanted = train_job(runtime="mine", runtimeRef={"kind": "TrainingRuntime"})
    del wanted["spec"]["trainer"]
    await plane.create(TRAIN_JOB, wanted)
    assert plane.pods()[0]["spec"]["containers"][0]["command"] == ["mine"]


async def test_a_runtime_deleted_before_the_start_is_waited_for(plane: Plane) -> None:
    await plane.create(TRAINING_RUNTIME, runtime("mine", replicated(command=["mine"])))
    await plane.runner.stop()
    wanted = train_job(runtime="mine", runtimeRef={"kind": "TrainingRuntime"})
    await plane.objects.create(TRAIN_JOB, "default", wanted)
    await plane.objects.delete(TRAINING_RUNTIME, "default", "mine")
    await plane.restart()
    assert not plane.names(JOB)
    reasons = dict(await plane.events("train"))
    assert "TrainingRuntime mine not found" in reasons["TrainJobResourcesCreationFailed"]
    await plane.create(TRAINING_RUNTIME, runtime("mine", replicated(command=["mine"])))
    assert plane.names(JOB) == ["train-node-0"]


async def test_a_restarted_daemon_goes_on_where_it_was(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job(runtime="torch-distributed"))
    (before,) = plane.pods()
    await plane.restart()
    (after,) = plane.pods()
    assert after == before
    await plane.set_phase(after, "Succeeded")
    assert "Complete" in conditions(plane.the(TRAIN_JOB, "train"))


WEBHOOK = 'admission webhook "validator.trainjob.trainer.kubeflow.org" denied the request: '


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            train_job(runtime="nothing"),
            'spec.RuntimeRef: Invalid value: {"name":"nothing","apiGroup":"trainer.kubeflow.org",'
            '"kind":"ClusterTrainingRuntime"}: clustertrainingruntimes.trainer.kubeflow.org "nothing" not found: '
            "specified clusterTrainingRuntime must be created before the TrainJob is created",
        ),
        (train_job(runtimeRef={"kind": "Cake"}), "unsupported runtime: Cake.trainer.kubeflow.org"),
        (
            train_job(runtime="torch-distributed", trainer={"env": [{"name": "PET_NNODES", "value": "1"}]}),
            'spec.trainer.env: Invalid value: [{"name":"PET_NNODES","value":"1"}]: must not have reserved envs, '
            "invalid envs configured: [PET_NNODES]",
        ),
        (
            train_job(runtime="torch-distributed", trainer={"numProcPerNode": "many"}),
            'spec.trainer.numProcPerNode: Invalid value: "many": must have an int value or [auto cpu gpu]',
        ),
        (
            train_job(initializer={"model": {"storageUri": "hf://a/b"}}),
            'spec.runtimeRef: Invalid value: {"name":"plain-python","apiGroup":"trainer.kubeflow.org",'
            '"kind":"ClusterTrainingRuntime"}: must have model-initializer job when trainJob is configured with '
            "input modelConfig",
        ),
        (
            train_job(podTemplateOverrides=[{"targetJobs": [{"name": "other"}]}]),
            'spec.podTemplateOverrides: Invalid value: [{"targetJobs":[{"name":"other"}]}]: must not have targetJob '
            "that doesn't exist in the runtime job template",
        ),
    ],
    ids=["no-runtime", "runtime-kind", "reserved-env", "processes", "initializer", "override"],
)
async def test_what_trainers_webhook_refuses(plane: Plane, wanted: Object, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        await plane.create(TRAIN_JOB, wanted)
    assert (caught.value.code, caught.value.reason) == (403, "Forbidden")
    assert caught.value.message == WEBHOOK + message
    assert plane.get(TRAIN_JOB, "train") is None


async def test_overrides_can_only_change_while_suspended(plane: Plane) -> None:
    await plane.create(TRAIN_JOB, train_job())
    override = [{"targetJobs": [{"name": "node"}], "spec": {"nodeSelector": {"a": "b"}}}]
    with pytest.raises(ApiError, match="PodTemplateOverrides can only be modified when the TrainJob is suspended"):
        await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(podTemplateOverrides=override))
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(suspend=True))
    await plane.change(TRAIN_JOB, "train", lambda obj: obj["spec"].update(podTemplateOverrides=override))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (runtime("mine", replicated()), "container node of job node has no command"),
        (runtime("mine", replicated(), policy={"numNodes": 1, "mpi": {}}), "has an MPI policy"),
        (runtime("mine", replicated("aside", ""), replicated(command=["x"])), "container main of job aside"),
    ],
    ids=["no-command", "mpi", "no-command-in-a-helper"],
)
async def test_what_cannot_run_here_is_refused_with_the_way_out(plane: Plane, made: Object, said: str) -> None:
    await plane.create(CLUSTER_TRAINING_RUNTIME, made)
    wanted = train_job(runtime="mine")
    if said.startswith("container node"):
        del wanted["spec"]["trainer"]["command"]
    with pytest.raises(ApiError) as caught:
        await plane.create(TRAIN_JOB, wanted)
    assert said in caught.value.message and "minikf up --engine k3d" in caught.value.message


async def test_a_runtime_that_cannot_run_any_more_fails_the_trainjob_with_the_reason(plane: Plane) -> None:
    await plane.create(TRAINING_RUNTIME, runtime("mine", replicated()))
    await plane.runner.stop()
    wanted = train_job(runtime="mine", runtimeRef={"kind": "TrainingRuntime"})
    await plane.objects.create(TRAIN_JOB, "default", wanted)

    def add_helper(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["replicatedJobs"].append(replicated("aside", ""))

    await plane.objects.patch(TRAINING_RUNTIME, "default", "mine", add_helper)
    await plane.restart()
    status, reason, message = conditions(plane.the(TRAIN_JOB, "train"))["Failed"]
    assert (status, reason) == ("True", "TrainingRuntimeNotSupported") and "aside" in message
    assert not plane.names(JOB)


async def test_runtimes_without_the_right_container_are_refused(plane: Plane) -> None:
    wrong = replicated()
    wrong["template"]["spec"]["template"]["spec"]["containers"][0]["name"] = "main"
    with pytest.raises(ApiError, match="must contain the required container for the ancestor: trainer"):
        await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("wrong", wrong))
    with pytest.raises(ApiError, match=r"replicatedJobs\[0\].replicas: Invalid value: 2: always must be 1"):
        await plane.create(CLUSTER_TRAINING_RUNTIME, runtime("wrong", replicated(replicas=2)))


@pytest.mark.parametrize(("field", "value"), [("activeDeadlineSeconds", 5), ("runtimePatches", [{"manager": "a/b"}])])
async def test_fields_of_later_trainers_are_refused_instead_of_dropped(plane: Plane, field: str, value: Any) -> None:
    for validation in ("Warn", "Ignore"):
        with pytest.raises(ApiError) as caught:
            wanted = train_job(**{field: value})
            await plane.objects.create(TRAIN_JOB, "default", wanted, opts=Options(field_validation=validation))
        assert caught.value.code == 403 and f"spec.{field} came with Kubeflow Trainer 2.2" in caught.value.message
    with pytest.raises(ApiError, match=f'unknown field "spec.{field}"'):
        await plane.create(TRAIN_JOB, train_job(**{field: value}))
    assert plane.get(TRAIN_JOB, "train") is None
