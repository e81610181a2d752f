"""Experiments from their creation to their end, on a control plane whose pods the test plays."""

from __future__ import annotations

import pytest

from minikf.embedded.kinds import EXPERIMENT, JOB, POD, TRIAL
from minikf.embedded.options import DeleteOptions
from minikf.embedded.status import ApiError
from minikf.embedded.tuning.states import EXPERIMENT_LABEL, TRIAL_LABEL
from tests.unit.controllers.conftest import Object, Plane
from tests.unit.tuning.conftest import (
    conditions,
    end_pod,
    experiment,
    log_of,
    run_all,
    the_experiment,
    the_suggestion,
    trials,
    waiting,
)


async def test_from_created_to_the_last_trial(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment())
    suggestion = the_suggestion(plane)
    assert suggestion["spec"]["requests"] == 2
    assert suggestion["status"]["suggestionCount"] == 2
    assert conditions(suggestion) == {
        "Created": ("True", "SuggestionCreated"),
        "DeploymentReady": ("True", "DeploymentReady"),
        "Running": ("True", "SuggestionRunning"),
    }
    assert len(waiting(plane)) == 2
    for trial in trials(plane):
        assert trial["metadata"]["name"].startswith("try-")
        assert trial["metadata"]["labels"] == {EXPERIMENT_LABEL: "try"}
        assert conditions(trial) == {"Created": ("True", "TrialCreated"), "Running": ("True", "TrialRunning")}
    (pod, _) = waiting(plane)
    container = pod["spec"]["containers"][0]
    [value] = [one["value"] for one in _trial_of(plane, pod)["spec"]["parameterAssignments"]]
    assert container["command"][-1] == f"print('loss=' + '{value}')"
    assert container["env"][0]["name"] == "KATIB_TRIAL_NAME"
    assert pod["metadata"]["labels"][EXPERIMENT_LABEL] == "try"

    assert await run_all(plane) == 4
    done = the_experiment(plane)
    assert list(conditions(done).items()) == [
        ("Created", ("True", "ExperimentCreated")),
        ("Running", ("False", "ExperimentRunning")),
        ("Succeeded", ("True", "ExperimentMaxTrialsReached")),
    ]
    status = done["status"]
    assert (status["trials"], status["trialsSucceeded"], len(status["succeededTrialList"])) == (4, 4, 4)
    assert "trialsRunning" not in status
    values = [float(one["spec"]["parameterAssignments"][0]["value"]) for one in trials(plane)]
    best = status["currentOptimalTrial"]
    assert float(best["parameterAssignments"][0]["value"]) == min(values)
    (metric,) = best["observation"]["metrics"]
    assert float(metric["min"]) == float(metric["latest"]) == min(values)
    assert conditions(the_suggestion(plane))["Succeeded"] == ("True", "Experiment is succeeded")
    assert plane.names(JOB) == [], "a trial that is not retained takes its job with it"


def _trial_of(plane: Plane, pod: Object) -> Object:
    return plane.the(TRIAL, pod["metadata"]["labels"][TRIAL_LABEL])


async def test_the_goal_ends_it_early(plane: Plane) -> None:
    spec = experiment(objective={"type": "minimize", "goal": 0.05, "objectiveMetricName": "loss"})
    await plane.create(EXPERIMENT, spec)
    await end_pod(plane, waiting(plane)[0], lambda values: "loss=0.04\n")
    assert conditions(the_experiment(plane))["Succeeded"] == ("True", "ExperimentGoalReached")
    assert await run_all(plane) == 1, "the other trial goes on, no new one is made"
    assert the_experiment(plane)["status"]["trials"] == 2


async def test_all_trials_failing(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(maxFailedTrialCount=2, maxTrialCount=10))
    assert await run_all(plane, phase="Failed") <= 3
    failed = the_experiment(plane)
    assert conditions(failed)["Failed"] == ("True", "ExperimentFailed")
    assert failed["status"]["trialsFailed"] >= 2
    assert "currentOptimalTrial" not in failed["status"]
    one = plane.the(TRIAL, failed["status"]["failedTrialList"][0])
    condition = one["status"]["conditions"][-1]
    assert condition["reason"] == "TrialFailed. Job reason: BackoffLimitExceeded"
    assert condition["message"].startswith("Trial has failed. Job message: ")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("nothing\n", "was not reported"),
        ("loss=nan\n", "was not reported"),
        ("loss=much\n", "was not reported"),
        ("", "was not reported"),
    ],
)
async def test_a_metric_that_is_no_number(plane: Plane, said: str, why: str) -> None:
    await plane.create(EXPERIMENT, experiment(maxTrialCount=2, maxFailedTrialCount=2))
    await run_all(plane, lambda values: said)
    failed = the_experiment(plane)
    assert conditions(failed)["Failed"] == ("True", "ExperimentFailed")
    assert failed["status"]["trialMetricsUnavailable"] == 2
    for trial in trials(plane):
        last = trial["status"]["conditions"][-1]
        assert (last["type"], last["status"]) == ("MetricsUnavailable", "True")
        assert why in last["message"]


async def test_nan_by_a_filter_of_its_own_is_told(plane: Plane) -> None:
    collector = {"source": {"filter": {"metricsFormat": [r"(\w+)=(\S+)"]}}}
    await plane.create(EXPERIMENT, experiment(metricsCollectorSpec=collector, maxTrialCount=2))
    await end_pod(plane, waiting(plane)[0], lambda values: "loss=nan\n")
    await run_all(plane)
    status = the_experiment(plane)["status"]
    assert (status["trialsSucceeded"], status["trialMetricsUnavailable"]) == (1, 1)
    (nothing,) = (plane.the(TRIAL, name) for name in status["metricsUnavailableTrialList"])
    assert "loss is nan" in nothing["status"]["conditions"][-1]["message"]


async def test_trials_without_metrics_use_up_the_budget(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(maxTrialCount=2))
    await run_all(plane, lambda values: "nothing")
    assert the_experiment(plane)["status"]["trials"] == 2


async def test_strategies_and_additional_metrics(plane: Plane) -> None:
    objective = {
        "type": "maximize",
        "objectiveMetricName": "accuracy",
        "additionalMetricNames": ["loss"],
        "metricStrategies": [{"name": "accuracy", "value": "latest"}],
    }
    await plane.create(EXPERIMENT, experiment(objective=objective, maxTrialCount=2))
    await end_pod(plane, waiting(plane)[0], lambda values: "accuracy=0.9 loss=3\naccuracy=0.2 loss=5\n")
    await end_pod(plane, waiting(plane)[0], lambda values: "accuracy=0.3 loss=1\n")
    best = the_experiment(plane)["status"]["currentOptimalTrial"]["observation"]["metrics"]
    assert best == [
        {"name": "accuracy", "min": "0.3", "max": "0.3", "latest": "0.3"},
        {"name": "loss", "min": "1", "max": "1", "latest": "1"},
    ]
    names = [one["name"] for one in the_experiment(plane)["spec"]["objective"]["metricStrategies"]]
    assert names == ["accuracy", "loss"]


async def test_more_budget_while_it_runs_and_after_its_end(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(resumePolicy="LongRunning", maxTrialCount=2))
    await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"].update(maxTrialCount=3))
    assert await run_all(plane) == 3
    assert conditions(the_experiment(plane))["Succeeded"][1] == "ExperimentMaxTrialsReached"
    first = set(plane.names(TRIAL))
    await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"].update(maxTrialCount=5, parallelTrialCount=1))
    assert conditions(the_experiment(plane))["Restarting"] == ("True", "ExperimentRestarting")
    assert len(waiting(plane)) == 1
    assert await run_all(plane) == 2
    assert first < set(plane.names(TRIAL))
    assert conditions(the_experiment(plane))["Succeeded"] == ("True", "ExperimentMaxTrialsReached")
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 5


async def test_from_volume_goes_on_too_and_never_does_not(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(resumePolicy="FromVolume", maxTrialCount=2))
    await plane.create(EXPERIMENT, experiment("once", maxTrialCount=2))
    await run_all(plane)
    assert conditions(the_suggestion(plane))["Succeeded"][0] == "True"
    await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"].update(maxTrialCount=3))
    assert await run_all(plane) == 1
    assert conditions(the_experiment(plane))["Succeeded"] == ("True", "ExperimentMaxTrialsReached")
    with pytest.raises(ApiError, match="Experiment can be restarted if"):
        await plane.change(EXPERIMENT, "once", lambda obj: obj["spec"].update(maxTrialCount=9))


async def test_what_may_be_edited(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment())
    with pytest.raises(ApiError, match=r"spec\.algorithm: Forbidden: only spec\.parallelTrialCount"):
        await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"]["algorithm"].update(algorithmName="grid"))
    with pytest.raises(ApiError, match=r"spec\.maxTrialCount.*must be greater than status\.trials count"):
        await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"].update(maxTrialCount=2))
    await plane.change(EXPERIMENT, "try", lambda obj: obj["metadata"].update(labels={"a": "b"}))


async def test_fewer_at_a_time(plane: Plane) -> None:
    await plane.create(EXPERIMENT, experiment(parallelTrialCount=3, maxTrialCount=5))
    assert len(waiting(plane)) == 3
    await plane.change(EXPERIMENT, "try", lambda obj: obj["spec"].update(parallelTrialCount=1))
    assert len(trials(plane)) == 1
    assert the_suggestion(plane)["status"]["suggestionCount"] == 1
    for pod in waiting(plane):
        if "deletionTimestamp" in pod["metadata"]:
            await plane.objects.delete(POD, "default", pod["metadata"]["name"], how=DeleteOptions(grace=0))
    await plane.settle()
    await run_all(plane)
    assert the_experiment(plane)["status"]["trialsSucceeded"] == 5


async def test_the_search_space_may_end_first(plane: Plane) -> None:
    parameters = [{"name": "lr", "parameterType": "categorical", "feasibleSpace": {"list": ["0.1", "0.2"]}}]
    spec = experiment(algorithm={"algorithmName": "grid"}, parameters=parameters, maxTrialCount=None)
    await plane.create(EXPERIMENT, spec)
    assert await run_all(plane) == 2
    assert conditions(the_experiment(plane))["Succeeded"] == ("True", "ExperimentSuggestionEndReached")


async def test_early_stopping_ends_the_process_and_counts(plane: Plane) -> None:
    stopping = {
        "algorithmName": "medianstop",
        "algorithmSettings": [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "2"}],
    }
    await plane.create(EXPERIMENT, experiment(earlyStopping=stopping, parallelTrialCount=1, maxTrialCount=2))
    await run_all(plane, lambda values: "loss=0.5\nloss=0.1\n", most=1)
    (second,) = waiting(plane)
    rules = _trial_of(plane, second)["spec"]["earlyStoppingRules"]
    assert [(one["name"], one["comparison"], one["startStep"]) for one in rules] == [("loss", "greater", 2)]
    await plane.set_phase(second, "Running")
    log = log_of(plane, second)
    log.write_text("loss=0.9\n")
    assert conditions(_trial_of(plane, second))["Running"][0] == "True"
    log.write_text("loss=0.9\nloss=0.8\n")
    await _until(plane, lambda: "EarlyStopped" in conditions(_trial_of(plane, second)))
    trial = _trial_of(plane, second)
    assert conditions(trial)["EarlyStopped"] == ("True", "TrialEarlyStopped")
    assert trial["status"]["observation"]["metrics"][0]["min"] == "0.8"
    done = the_experiment(plane)
    assert conditions(done)["Succeeded"] == ("True", "ExperimentMaxTrialsReached")
    assert (done["status"]["trialsSucceeded"], done["status"]["trialsEarlyStopped"]) == (1, 1)
    assert plane.names(JOB) == [], "its process is ended with its job"


async def _until(plane: Plane, holds: object) -> None:
    import asyncio

    assert callable(holds)
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.02)
    await plane.settle()
