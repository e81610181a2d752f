"""Trials of Experiments: their templates and jobs, restarts, checkpoints, and stops of the platform."""

from __future__ import annotations

import pytest

from minikf.embedded.kinds import EVENT, EXPERIMENT, JOB, POD, TRAIN_JOB, TRIAL
from minikf.embedded.options import DeleteOptions
from minikf.embedded.status import ApiError
from minikf.embedded.tuning.states import TRIAL_LABEL
from tests.unit.controllers.conftest import Object, Plane
from tests.unit.tuning.conftest import (
    conditions,
    end_pod,
    experiment,
    job,
    run_all,
    the_experiment,
    trials,
    waiting,
)


def _trial_of(plane: Plane, pod: Object) -> Object:
    return plane.the(TRIAL, pod["metadata"]["labels"][TRIAL_LABEL])


async def test_a_train_job_as_the_trial(plane: Plane) -> None:
    spec = {"runtimeRef": {"name": "plain-python"}, "trainer": {"command": ["python", "-c", "${trialParameters.rate}"]}}
    template = {
        "primaryContainerName": "node",
        "retain": True,
        "trialSpec": {"apiVersion": TRAIN_JOB.api_version, "kind": "TrainJob", "spec": spec},
    }
    await plane.create(EXPERIMENT, experiment(template=template, maxTrialCount=2))
    assert the_experiment(plane)["spec"]["trialTemplate"]["primaryPodLabels"] == {
        "jobset.sigs.k8s.io/replicatedjob-name": "node",
        "batch.kubernetes.io/job-completion-index": "0",
    }
    assert await run_all(plane) == 2
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 2
    assert sorted(plane.names(TRAIN_JOB)) == sorted(plane.names(TRIAL)), "retained"


async def test_a_template_in_a_config_map(plane: Plane) -> None:
    from minikf.embedded.kinds import CONFIG_MAP

    text = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {labels: {team: red}}\nspec:\n  backoffLimit: 0\n  template:\n"
        "    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: x\n"
        "        command: [python3, -c, 'print(${trialParameters.rate})', '${trialParameters.team}']\n"
    )
    await plane.create(CONFIG_MAP, {"metadata": {"name": "templates"}, "data": {"one.yaml": text}}, "kubeflow")
    source = {"configMapName": "templates", "configMapNamespace": "kubeflow", "templatePath": "one.yaml"}
    condition = 'status.conditions.#(type=="%s")#|#(status=="True")#'
    template = {
        "trialSpec": None,
        "configMap": source,
        "trialParameters": [
            {"name": "rate", "reference": "lr"},
            {"name": "team", "reference": "${trialSpec.Labels[team]}"},
        ],
        "successCondition": condition % "Complete",
        "failureCondition": condition % "Failed",
    }
    await plane.create(EXPERIMENT, experiment(template=template, maxTrialCount=2))
    assert waiting(plane)[0]["spec"]["containers"][0]["command"][-1] == "red"
    assert await run_all(plane) == 2
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 2


async def test_a_job_that_goes_comes_again(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(maxTrialCount=1, parallelTrialCount=1))
    (name,) = plane.names(JOB)
    await plane.objects.delete(JOB, "default", name, how=DeleteOptions(propagation="Background"))
    await plane.settle()
    assert plane.names(JOB) == [name]
    await run_all(plane)
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 1


async def test_a_restart_between_any_two_steps_neither_loses_nor_doubles_a_trial(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(maxTrialCount=4))
    seen: set[str] = set()
    for _ in range(10):
        await plane.restart()
        pods = waiting(plane)
        seen |= {pod["metadata"]["labels"][TRIAL_LABEL] for pod in pods}
        assert len(pods) <= 2
        if not pods:
            break
        await plane.set_phase(pods[0], "Running")
        await plane.restart()
        await end_pod(plane, waiting(plane)[0])
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 4
    assert len(seen) == len(trials(plane)) == 4


async def test_a_trial_whose_job_the_api_refuses_has_failed(plane: Plane) -> None:
    from minikf.embedded.kinds import RESOURCE_QUOTA

    await plane.create(EXPERIMENT, experiment(maxTrialCount=3, maxFailedTrialCount=1))
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/jobs.batch": "2"}}}
    await plane.create(RESOURCE_QUOTA, quota)
    await end_pod(plane, waiting(plane)[0])
    await plane.settle()
    failed = [one for one in trials(plane) if "Failed" in conditions(one)]
    assert all("exceeded quota" in one["status"]["conditions"][-1]["message"] for one in failed)


async def test_another_job_of_the_trials_name_is_not_taken_over(plane: Plane) -> None:
    objective = {"objectiveMetricName": "loss", "type": "minimize", "metricStrategies": []}
    made = job(["python3", "-c", "pass"])
    await plane.create(JOB, {**made, "metadata": {"name": "own"}})
    await plane.create(TRIAL, {"metadata": {"name": "own"}, "spec": {"objective": objective, "runSpec": made}})
    trial = plane.the(TRIAL, "own")
    assert "another Job of its name" in trial["status"]["conditions"][-1]["message"]
    assert plane.names(JOB) == ["own"]


async def test_population_based_training_hands_over_checkpoints(plane: Plane) -> None:
    from minikf.embedded.kinds import PVC

    settings = {"suggestion_trial_dir": "/ckpt", "n_population": "5", "truncation_threshold": "0.4"}
    algorithm = {
        "algorithmName": "pbt",
        "algorithmSettings": [{"name": key, "value": value} for key, value in settings.items()],
    }
    parameters = [
        {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9", "step": "0.01"}}
    ]
    spec = experiment(algorithm=algorithm, parameters=parameters, maxTrialCount=12, parallelTrialCount=5)
    await plane.create(EXPERIMENT, spec)
    assert plane.names(PVC) == ["try-pbt"]
    base = plane.paths.volumes / "default" / "try-pbt" / "try"

    def trained(values: dict[str, str]) -> str:
        return f"loss={values['lr']}\n"

    while pods := waiting(plane):
        mounts = {one["mountPath"]: one for one in pods[0]["spec"]["containers"][0]["volumeMounts"]}
        trial = _trial_of(plane, pods[0])
        name = trial["metadata"]["name"]
        assert mounts["/ckpt"]["subPath"] == f"try/{name}"
        parent = trial["metadata"]["labels"].get("pbt.suggestion.katib.kubeflow.org/parent")
        seen = (base / name / "seen").read_text() if (base / name / "seen").exists() else ""
        assert seen == ((base / parent / "seen").read_text() if parent else "")
        (base / name / "seen").write_text(seen + "x")
        await end_pod(plane, pods[0], trained)
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 12
    assert {(base / name / "seen").read_text() for name in plane.names(TRIAL)} >= {"x", "xx"}
    await plane.objects.delete(EXPERIMENT, "default", "try")
    await plane.settle()
    assert plane.names(PVC) == []


async def test_a_trial_that_a_stop_of_the_platform_ended_is_begun_again(plane: Plane) -> None:
    from minikf.embedded.pods.state import STOPPED

    await plane.create(EXPERIMENT, experiment(maxTrialCount=1, parallelTrialCount=1, maxFailedTrialCount=1))
    (pod,) = waiting(plane)

    def stop(obj: Object) -> None:
        obj["status"].update(phase="Failed", reason=STOPPED)

    await plane.objects.patch(POD, "default", pod["metadata"]["name"], stop, subresource="status")
    await plane.settle()
    (again,) = waiting(plane)
    assert again["metadata"]["labels"][TRIAL_LABEL] == pod["metadata"]["labels"][TRIAL_LABEL]
    await run_all(plane)
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 1


ENDPOINT = {"collector": {"kind": "PrometheusMetric"}, "source": {"httpGet": {"port": 9}}}


async def test_what_a_stopped_trial_had_reported_is_forgotten(plane: Plane) -> None:
    from minikf.embedded.pods.state import STOPPED

    await plane.create(EXPERIMENT, experiment(metricsCollectorSpec=ENDPOINT, maxTrialCount=1, parallelTrialCount=1))
    (pod,) = waiting(plane)
    trial = plane.the(TRIAL, pod["metadata"]["labels"][TRIAL_LABEL])
    log = plane.paths.observations / f"{trial['metadata']['uid']}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text('{"time": "2026-01-01T00:00:00Z", "name": "loss", "value": "-1"}\n')

    def stop(obj: Object) -> None:
        obj["status"].update(phase="Failed", reason=STOPPED)

    await plane.objects.patch(POD, "default", pod["metadata"]["name"], stop, subresource="status")
    await plane.settle()
    assert not log.exists()


async def test_trials_with_an_endpoint_run_one_after_another(plane: Plane) -> None:
    """They would all listen on the same port of this machine."""
    await plane.create(EXPERIMENT, experiment(metricsCollectorSpec=ENDPOINT, maxTrialCount=3, parallelTrialCount=3))
    assert len(waiting(plane)) == 1
    (event,) = [entry.obj for entry in plane.objects.list(EVENT) if entry.obj["reason"] == "TrialsOneByOne"]
    assert "port 9" in event["message"]


async def test_where_no_pod_has_mounts_of_its_own_nothing_reports(plane: Plane) -> None:
    plane.can_mount = False
    for kind, more in (("Push", {}), ("Custom", {"customCollector": {"name": "c", "image": "i", "command": ["true"]}})):
        collector = {"collector": {"kind": kind, **more}}
        with pytest.raises(ApiError, match=rf"collector\.kind: .*a {kind} collector needs katib-db-manager.*k3d"):
            await plane.create(EXPERIMENT, experiment(metricsCollectorSpec=collector))
