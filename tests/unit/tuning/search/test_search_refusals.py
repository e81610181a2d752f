"""What cannot be searched is refused before the first trial, each with its field and its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minikf.embedded.tuning.search import ALGORITHMS, Parameter, SearchError, suggest, validate
from tests.unit.tuning.search.search_player import EVERY_TYPE, SEARCHES, SETTINGS, problem


def refused(asked: object) -> SearchError:
    with pytest.raises(SearchError) as caught:
        validate(asked)  # type: ignore[arg-type]
    with pytest.raises(SearchError):
        suggest(asked, [], 1)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_the_standard_problems_are_valid(algorithm: str) -> None:
    validate(problem(algorithm))


@pytest.mark.parametrize("algorithm", SEARCHES)
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("colour", "red", "unknown setting colour for algorithm"),
        ("random_state", "-1", "failed to validate random_state(-1): should be greater than or equal to 0"),
        ("random_state", "x", "failed to validate random_state(x)"),
    ],
)
def test_settings_of_every_algorithm(algorithm: str, name: str, value: str, reason: str) -> None:
    asked = problem(algorithm)
    error = refused(replace(asked, settings={**asked.settings, name: value}))
    assert "spec.algorithm.algorithmSettings" in error.message
    assert reason in error.message
    assert error.advice


@pytest.mark.parametrize(
    ("algorithm", "name", "value"),
    [
        ("tpe", "gamma", "0"),
        ("tpe", "gamma", "1"),
        ("tpe", "gamma", "nan"),
        ("tpe", "prior_weight", "0"),
        ("tpe", "prior_weight", "inf"),
        ("tpe", "n_EI_candidates", "0"),
        ("tpe", "n_ei_candidates", "2.5"),
        ("tpe", "n_startup_trials", "-1"),
        ("multivariate-tpe", "n_startup_trials", ""),
        ("multivariate-tpe", "gamma", "0.2"),
        ("cmaes", "sigma", "0"),
        ("cmaes", "sigma", "wide"),
        ("cmaes", "restart_strategy", "often"),
        ("bayesianoptimization", "base_estimator", "SVM"),
        ("bayesianoptimization", "n_initial_points", "-3"),
        ("bayesianoptimization", "acq_func", "UCB"),
        ("bayesianoptimization", "acq_func", "EIps"),
        ("bayesianoptimization", "acq_optimizer", "newton"),
        ("hyperband", "r_l", "0"),
        ("hyperband", "r_l", "-9"),
        ("hyperband", "r_l", "many"),
        ("hyperband", "eta", "1"),
        ("hyperband", "resource_name", "steps"),
        ("hyperband", "resource_name", "optimizer"),
        ("pbt", "n_population", "4"),
        ("pbt", "truncation_threshold", "1.5"),
        ("pbt", "resample_probability", "-0.1"),
        ("pbt", "suggestion_trial_dir", ""),
    ],
)
def test_settings_out_of_their_limits(algorithm: str, name: str, value: str) -> None:
    asked = problem(algorithm)
    error = refused(replace(asked, settings={**asked.settings, name: value}))
    assert error.message.startswith("spec.algorithm.algorithmSettings")
    assert name in error.message


@pytest.mark.parametrize("algorithm", ["hyperband", "pbt"])
def test_required_settings(algorithm: str) -> None:
    for name in SETTINGS[algorithm]:
        if ALGORITHMS[algorithm].settings[name].required:
            rest = {other: value for other, value in SETTINGS[algorithm].items() if other != name}
            assert (
                f"required settings missing for algorithm {algorithm}: {name}"
                in refused(problem(algorithm, settings=rest)).message
            )


@pytest.mark.parametrize("algorithm", ["tpe", "random", "grid"])
@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        (Parameter("p", "float", "0", "1"), "parameterType"),
        (Parameter("p", "", "0", "1"), "parameterType"),
        (Parameter("p", "double", "", "1"), "feasibleSpace.min: must be specified"),
        (Parameter("p", "double", "0", ""), "feasibleSpace.max: must be specified"),
        (Parameter("p", "double", "nan", "1"), "feasibleSpace.min: 'nan'"),
        (Parameter("p", "double", "0", "inf"), "feasibleSpace.max: 'inf'"),
        (Parameter("p", "double", "0", "1,5"), "feasibleSpace.max: '1,5'"),
        (Parameter("p", "int", "0", "1.5"), "feasibleSpace.max: '1.5' is not a whole number"),
        (Parameter("p", "int", "5", "1"), "min 5 is greater than max 1"),
        (Parameter("p", "int", "1", "5", "0"), "feasibleSpace.step: must be greater than zero"),
        (Parameter("p", "double", "1", "5", "-1"), "feasibleSpace.step: must be greater than zero"),
        (Parameter("p", "int", "1", "5", values=("1",)), "feasibleSpace.list"),
        (Parameter("p", "double", "0", "1", distribution="poisson"), "feasibleSpace.distribution"),
        (Parameter("p", "double", "0", "1", "0.1", distribution="logUniform"), "feasibleSpace.min: must be greater"),
        (Parameter("p", "categorical"), "feasibleSpace.list: must be specified"),
        (Parameter("p", "discrete", values=("1", "1")), "feasibleSpace.list: holds a value twice"),
        (Parameter("p", "discrete", "1", "2", values=("1",)), "min, max and step are not supported"),
    ],
)
def test_parameters(algorithm: str, parameter: Parameter, field: str) -> None:
    error = refused(problem(algorithm, (Parameter("q", "int", "0", "9"), parameter)))
    assert error.message.startswith("spec.parameters[1]")
    assert field in error.message


def test_names_of_parameters() -> None:
    twice = (Parameter("p", "int", "0", "9"), Parameter("p", "int", "0", "9"))
    assert "duplicated parameter name p" in refused(problem("tpe", twice)).message
    assert "spec.parameters[0].name" in refused(problem("tpe", (Parameter("", "int", "0", "9"),))).message
    assert "spec.parameters: must be specified" in refused(replace(problem("tpe"), parameters=())).message


def test_grid_needs_steps_and_not_more_trials_than_combinations() -> None:
    error = refused(problem("grid", EVERY_TYPE))
    assert "spec.parameters[0].feasibleSpace.step" in error.message
    few = (Parameter("a", "int", "1", "3"), Parameter("b", "categorical", values=("x", "y")))
    validate(problem("grid", few, max_trials=6))
    assert "7 is more than all possible combinations: 6" in refused(problem("grid", few, max_trials=7)).message


def test_cmaes_needs_two_numbers() -> None:
    one = (Parameter("a", "double", "0", "1"), Parameter("b", "discrete", values=("1", "2")))
    assert "two or more" in refused(problem("cmaes", one)).message


def test_hyperband_needs_room_for_its_first_rung() -> None:
    error = refused(problem("hyperband", parallel_trials=8))
    assert error.message == "spec.parallelTrialCount: must be not less than 9, is 8"


def test_pbt_needs_steps() -> None:
    assert "must have a step for algorithm pbt" in refused(problem("pbt", EVERY_TYPE)).message


def test_trees_have_no_gradients() -> None:
    for trees in ("RF", "ET", "GBRT"):
        settings = {"base_estimator": trees, "acq_optimizer": "lbfgs"}
        assert "gradients" in refused(problem("bayesianoptimization", settings=settings)).message


@pytest.mark.parametrize("algorithm", ["darts", "enas"])
def test_architecture_searches_say_why_and_where(algorithm: str) -> None:
    error = refused(problem(algorithm, nas=True))
    assert f"{algorithm} does not run on the embedded engine" in error.message
    assert "--engine k3d" in error.advice


def test_what_is_no_search_of_parameters() -> None:
    assert "spec.nasConfig" in refused(problem("tpe", nas=True)).message
    assert "unknown algorithm name hyperopt-anneal" in refused(problem("hyperopt-anneal")).message
    assert "spec.objective.type" in refused(problem("tpe", goal_type="")).message


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("asha", {}, "unknown algorithm name asha"),
        ("medianstop", {"min_trials_required": "0"}, "min_trials_required(0)"),
        ("medianstop", {"start_step": "0"}, "start_step(0)"),
        ("medianstop", {"start_step": "x"}, "start_step(x)"),
        ("medianstop", {"patience": "3"}, "unknown setting patience for algorithm medianstop"),
    ],
)
def test_early_stopping(name: str, settings: dict[str, str], reason: str) -> None:
    error = refused(problem("random", early_stopping=name, early_stopping_settings=settings))
    assert error.message.startswith("spec.earlyStopping")
    assert reason in error.message
