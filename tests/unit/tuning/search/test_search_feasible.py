"""Whatever the algorithm, the order of results and the failures: suggestions lie in the space and none runs twice."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minikf.embedded.tuning.search import Observed, Parameter, suggest
from minikf.embedded.tuning.search.parsing import space
from tests.unit.tuning.search.search_player import SEARCHES, Play, keys, problem

QUICK = tuple(name for name in SEARCHES if name != "bayesianoptimization")
STATES = ("Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable")
OBJECTIVES = (None, float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 0.0)


def odd(seed: int) -> object:
    """Ends trials in every way there is."""
    chance = random.Random(seed)

    def outcome(trial: Observed) -> tuple[str, float | None]:
        state = chance.choice(STATES)
        objective = chance.choice((*OBJECTIVES, chance.gauss(0, 1)))
        return state, objective

    return outcome


def check(play: Play) -> None:
    there = space(play.problem.parameters)
    resource = play.problem.settings.get("resource_name")
    for trial in play.trials:
        assert list(trial.assignments) == [axis.name for axis in there.axes]
        for axis in there.axes:
            if axis.name != resource:
                assert axis.holds(trial.assignments[axis.name]), (axis.name, trial.assignments[axis.name])


@pytest.mark.parametrize("algorithm", SEARCHES)
@pytest.mark.parametrize("goal", ["minimize", "maximize"])
def test_every_type_of_parameter_and_results_in_any_order(algorithm: str, goal: str) -> None:
    play = Play(problem(algorithm, goal_type=goal), seed=4)
    budget = 9 if algorithm == "bayesianoptimization" else 14
    play.run(budget, slots=3)
    assert len(play.trials) == budget
    check(play)
    if algorithm not in ("hyperband", "pbt"):  # these run points again on purpose
        assert len(set(keys(play.trials))) == budget


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(algorithm=st.sampled_from(QUICK), seed=st.integers(0, 10_000), slots=st.integers(1, 9))
def test_any_results_at_all(algorithm: str, seed: int, slots: int) -> None:
    play = Play(problem(algorithm, uid=str(seed)), outcome=odd(seed), seed=seed)  # type: ignore[arg-type]
    play.run(24, slots)
    check(play)
    assert play.finished or len(play.trials) == 24


@pytest.mark.parametrize("algorithm", SEARCHES)
@pytest.mark.parametrize("state", ["Failed", "MetricsUnavailable", "Killed"])
def test_all_trials_fail(algorithm: str, state: str) -> None:
    play = Play(problem(algorithm), outcome=lambda trial: (state, None))
    play.run(14, slots=2)
    check(play)
    assert len(play.trials) == 14 if algorithm != "hyperband" else play.finished or len(play.trials) == 14


@pytest.mark.parametrize("algorithm", [name for name in SEARCHES if name not in ("hyperband", "pbt", "grid")])
def test_what_is_under_way_is_not_suggested_again_in_a_small_space(algorithm: str) -> None:
    few = (Parameter("a", "int", "1", "3"), Parameter("b", "int", "1", "2"))
    asked = problem(algorithm, few)
    trials: list[Observed] = []
    for _ in range(3):
        for one in suggest(asked, trials, 2).suggested:
            trials.append(Observed(f"t{len(trials)}", one.assignments, "Running", None, one.labels))
    assert len(set(keys(trials))) == 6  # all there are
    more = suggest(asked, trials, 1).suggested  # nothing is free: repeated rather than nothing
    assert len(more) == 1


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_a_space_of_one_point(algorithm: str) -> None:
    one = (Parameter("epochs", "int", "3", "3"), Parameter("b", "double", "0.5", "0.5"))
    play = Play(problem(algorithm, one))
    play.run(6, slots=1)
    assert {trial.assignments["b"] for trial in play.trials} == {"0.5"}


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_foreign_trials_teach_nothing_and_break_nothing(algorithm: str) -> None:
    asked = problem(algorithm)
    foreign = [
        Observed("a", {"other": "1"}, "Succeeded", 1.0),
        Observed("b", {}, "Running", None, {"pbt.suggestion.katib.kubeflow.org/generation": "x"}),
        Observed("c", {"rate": "9"}, "Succeeded", 2.0, {"cmaes.suggestion.katib.kubeflow.org/told": "zz"}),
        Observed("d", {"rate": "9"}, "Succeeded", 3.0, {"pbt.suggestion.katib.kubeflow.org/generation": "4"}),
    ]
    play = Play(asked, trials=foreign)
    assert len(play.ask(2)) == 2
    play.trials = play.trials[4:]
    check(play)
