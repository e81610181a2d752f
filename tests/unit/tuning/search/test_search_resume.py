"""Nothing but the trials is remembered: with the cache dropped before every call the same trials come."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from minikf.embedded.tuning.search import Observed, forget, suggest
from tests.unit.tuning.search.search_player import SEARCHES, Play, keys, problem


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_a_search_without_its_cache_goes_the_same_way(algorithm: str) -> None:
    budget = 9 if algorithm == "bayesianoptimization" else 16
    warm = Play(problem(algorithm), seed=7).run(budget, slots=3)
    cold = Play(problem(algorithm), seed=7, cold=True).run(budget, slots=3)
    assert [trial.assignments for trial in warm] == [trial.assignments for trial in cold]
    assert [trial.labels for trial in warm] == [trial.labels for trial in cold]
    assert [trial.name for trial in warm] == [trial.name for trial in cold]


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_the_same_question_has_the_same_answer(algorithm: str) -> None:
    play = Play(problem(algorithm), seed=1)
    play.run(8 if algorithm == "bayesianoptimization" else 12, slots=3)
    first = suggest(play.problem, play.trials, 2)
    assert suggest(play.problem, play.trials, 2) == first
    forget()
    assert suggest(play.problem, play.trials, 2) == first


@pytest.mark.parametrize("algorithm", SEARCHES)
def test_suggestions_that_were_lost_with_the_daemon_are_made_again(algorithm: str) -> None:
    play = Play(problem(algorithm), seed=1)
    play.run(5 if algorithm == "bayesianoptimization" else 10, slots=2)
    lost = suggest(play.problem, play.trials, 2)
    assert suggest(play.problem, play.trials, 2) == lost
    play.run(len(play.trials) + 3, slots=2)
    assert len(play.trials) in (8, 13)


@pytest.mark.parametrize("algorithm", ["random", "tpe", "cmaes", "sobol", "bayesianoptimization"])
def test_the_seed_decides(algorithm: str) -> None:
    def course(**changes: object) -> list[tuple[tuple[str, str], ...]]:
        return list(keys(Play(problem(algorithm, **changes), seed=1).run(6, slots=2)))

    given = {"random_state": "3"}
    assert course(settings=given, uid="a") == course(settings=given, uid="b")
    assert course(settings=given) != course(settings={"random_state": "4"})
    assert course(uid="a") != course(uid="b")


def test_a_past_that_changed_is_read_anew() -> None:
    asked = problem("tpe")
    trials = Play(asked, seed=2).run(14, slots=2)
    other = [replace(trial, objective=-(trial.objective or 0.0)) for trial in trials]
    warm = suggest(asked, other, 1)
    forget()
    assert suggest(asked, other, 1) == warm
    shorter: list[Observed] = other[:12]
    warm = suggest(asked, shorter, 1)
    forget()
    assert suggest(asked, shorter, 1) == warm


def test_two_experiments_with_one_name_do_not_mix() -> None:
    one, two = problem("tpe", uid="1"), problem("tpe", uid="2", goal_type="maximize")
    first, second = Play(one, seed=1), Play(two, seed=1)
    for _ in range(12):
        for play in (first, second):
            play.ask(1)
            play.end(len(play.trials) - 1)
    alone = Play(one, seed=1)
    for _ in range(12):
        alone.ask(1)
        alone.end(len(alone.trials) - 1)
    assert [trial.assignments for trial in first.trials] == [trial.assignments for trial in alone.trials]


def test_the_libraries_are_loaded_with_the_first_search_that_needs_them() -> None:
    code = (
        "import sys; from minikf.embedded.tuning import search\n"
        "from tests.unit.tuning.search.search_player import Play, problem\n"
        "for name in ('random', 'grid', 'hyperband', 'pbt'): Play(problem(name)).run(5, 5)\n"
        "search.validate(problem('tpe')); search.validate(problem('bayesianoptimization'))\n"
        "print([name for name in ('optuna', 'numpy', 'scipy', 'sklearn', 'cmaes') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
