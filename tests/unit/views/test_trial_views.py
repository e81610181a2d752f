"""Experiments and trials as data, their pictures, and the job of the best trial."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.errors import Refused
from minikf.tui.pictures.trials import objective_over_trials, parallel_coordinates
from minikf.views.trials.experiment import experiment_of
from minikf.views.trials.numbers import short
from minikf.views.trials.questions import reported
from minikf.views.trials.training import FROM_TRIAL, best_job
from tests.unit.views.trialobjects import experiment, trial

Object = dict[str, Any]


def test_the_best_is_by_the_objective_and_counts_only_what_has_a_result() -> None:
    trials = [
        trial(1, "0.5"), trial(2, "0.9", "Failed"), trial(3, "nan"), trial(4, "inf"), trial(5, "0.7"),
        trial(6, None, "MetricsUnavailable"), trial(7, "0.6", "EarlyStopped"), trial(8, None, "Running"),
        trial(9, "unavailable"), trial(1, "1.0", of="another"),
    ]  # fmt: skip
    highest = experiment_of(experiment(), trials)
    assert [one.number for one in highest.trials] == list(range(1, 10))
    assert highest.best is not None and highest.best.name == "search-0005"
    assert highest.best_so_far == ((1, 0.5), (5, 0.7), (7, 0.7))
    lowest = experiment_of(experiment(minimizes=True), trials)
    assert lowest.best is not None and lowest.best.name == "search-0001"
    assert [one.number for one in lowest.ranked] == [1, 7, 5]
    assert [one.number for one in highest.by_worth][-3:] == [6, 8, 9] and len(highest.by_worth) == 9


def test_katib_s_own_word_for_the_best_counts_first() -> None:
    found = experiment_of(experiment(best="search-0001"), [trial(1, "0.5"), trial(2, "0.6")])
    assert found.best is not None and found.best.number == 1
    gone = experiment_of(experiment(best="search-0009"), [trial(1, "0.5")])
    assert gone.best is not None and gone.best.number == 1
    assert experiment_of(experiment(), []).best is None


def test_a_trial_tells_its_parameters_metrics_duration_and_cause() -> None:
    found = experiment_of(
        experiment(), [trial(1, "0.5", lr="1e-3"), trial(2, None, "Failed"), trial(3, None, "Running")]
    )
    first, second, third = found.trials
    assert (first.parameter("lr"), first.seconds, first.text) == ("1e-3", 30.0, "0.5")
    assert (second.cause, second.failed, second.value) == ("TrialFailed: it is Failed", True, None)
    assert third.seconds is None and not third.failed


def test_the_space_of_a_parameter_makes_its_axis() -> None:
    rate, layers, optimizer = experiment_of(experiment(), []).parameters
    assert (rate.low, rate.high, rate.is_log) == (0.0001, 0.1, True)
    assert (layers.low, layers.high, layers.is_log) == (1, 8, False)
    assert optimizer.choices == ("adam", "sgd")


def test_the_pictures_show_values_the_best_failures_and_parameters() -> None:
    found = experiment_of(experiment(), [trial(1, "0.5"), trial(2, None, "Failed"), trial(3, "0.8"), trial(4, "0.6")])
    text = str(objective_over_trials(found, 70, 14))
    assert all(word in text for word in ("score", "best so far", "◆", "×", "failed", "trial"))
    text = str(parallel_coordinates(found, 70, 14))
    assert all(word in text for word in ("lr", "layers", "optimizer", "score", "adam", "sgd", "0.1 log", "0.8"))
    assert "no values yet" in str(objective_over_trials(experiment_of(experiment(), []), 40, 10))
    assert len(parallel_coordinates(experiment_of(experiment(), []), 40, 10).lines) == 10


def test_thousands_of_trials_are_read_and_drawn_within_a_second() -> None:
    trials = [trial(number, str(number % 97 / 97)) for number in range(1, 1440)]
    began = time.perf_counter()
    found = experiment_of(experiment(), trials * 2)
    objective_over_trials(found, 160, 40)
    parallel_coordinates(found, 160, 40)
    assert time.perf_counter() - began < 5  # a loaded machine; alone it takes 0.2 s


json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["metadata", "spec", "status", "name", "conditions", "objective", "parameters", "feasibleSpace", "min", "max",
         "observation", "metrics", "parameterAssignments", "value", "list", "labels", "katib.kubeflow.org/experiment"]
    ), inner, max_size=4)), max_leaves=20)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), json), st.lists(
    st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), json), max_size=3))  # fmt: skip
def test_no_form_of_an_object_ends_the_view(obj: Object, trials: list[Object]) -> None:
    found = experiment_of(obj, trials)
    objective_over_trials(found, 40, 10)
    parallel_coordinates(found, 40, 10)


def test_the_best_trial_becomes_a_job_of_what_it_ran() -> None:
    obj, ran = experiment(), trial(2, "0.9", lr="0.02")
    ran["spec"]["runSpec"] = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": "search-0002"},
        "spec": {"runtimeRef": {"name": "torch-distributed"}, "suspend": True},
    }  # fmt: skip
    found = experiment_of(obj, [trial(1, "0.5"), ran])
    made = best_job(found, obj, ran)
    assert made.job["spec"] == {"runtimeRef": {"name": "torch-distributed"}}
    assert made.job["metadata"] == {
        "name": "search-0002-best", "namespace": "team", "annotations": {FROM_TRIAL: "search/search-0002"},
    }  # fmt: skip
    assert best_job(found, obj, ran, name="mine").name == "mine"
    assert "kind: TrainJob" in made.yaml and ran["spec"]["runSpec"]["spec"]["suspend"]


def test_of_a_trial_that_is_gone_the_template_is_filled_in() -> None:
    obj = experiment()
    found = experiment_of(obj, [trial(1, "0.5", lr='0.1"; x')])
    made = best_job(found, obj, None)
    assert made.job["spec"]["trainer"]["command"] == ["python", "fit.py", "--lr", '0.1"; x']


def test_a_trial_that_is_a_job_becomes_a_train_job_and_tells_what_is_left_out() -> None:
    obj, ran = experiment(), trial(1, "0.5")
    main = {"name": "node", "image": "i", "command": ["c"], "resources": {"limits": {"cpu": 1}}, "volumeMounts": []}
    pod = {"containers": [{"name": "side"}, main], "volumes": [], "restartPolicy": "Never"}
    ran["spec"]["runSpec"] = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": pod}}}
    made = best_job(experiment_of(obj, [ran]), obj, ran)
    assert made.kind == "TrainJob"
    trainer = {"image": "i", "command": ["c"], "resourcesPerNode": {"limits": {"cpu": 1}}}
    assert made.job["spec"]["trainer"] == trainer
    assert made.left_out == ("container side", "volumeMounts", "volumes")


def test_without_a_best_trial_there_is_no_job() -> None:
    with pytest.raises(Refused, match="no best trial yet"):
        best_job(experiment_of(experiment(), []), experiment(), None)
    hidden = experiment(trialTemplate={"configMap": {"configMapName": "x"}})
    with pytest.raises(Refused, match="nothing tells what trial"):
        best_job(experiment_of(hidden, [trial(1, "0.5")]), hidden, None)


def test_reported_values_are_numbered_by_metric() -> None:
    logs = [{"metric": {"name": name, "value": value}} for name, value in (("a", "1"), ("b", "x"), ("a", "0.5"))]
    found = reported({"observationLog": {"metricLogs": logs}})
    assert found == {"a": ((1, 1.0), (2, 0.5)), "b": ((1, None),)}
    assert reported({}) == {}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13.531865201207118", "13.532"), ("0.00021458651137698176", "0.00021459"), ("123456789", "123456789"),
        ("0.1", "0.1"), ("adam-with-decay", "adam-with-decay"), ("1e-05", "1e-05"), ("nan", "nan"), ("", ""),
    ],
)  # fmt: skip
def test_a_parameter_in_a_table_has_the_digits_that_one_reads(text: str, shown: str) -> None:
    assert short(text) == shown
