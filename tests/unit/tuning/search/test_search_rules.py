"""Each algorithm's own rules: grids, rungs, generations, restarts, models and early stopping."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from minikf.embedded.tuning.search import Observed, Parameter, Rule, forget, suggest
from minikf.embedded.tuning.search.cmaes import GENERATION as CMAES_GENERATION
from minikf.embedded.tuning.search.parsing import axis, space
from minikf.embedded.tuning.search.pbt import GENERATION, PARENT, perturbed
from minikf.embedded.tuning.search.sampling import shuffled
from tests.unit.tuning.search.search_player import Play, keys, problem, smooth

GRID = (
    Parameter("a", "double", "0.1", "0.5", "0.2"),
    Parameter("b", "int", "1", "9", "4"),
    Parameter("c", "discrete", values=("1", "10")),
    Parameter("d", "categorical", values=("x", "y")),
)


def test_a_grid_is_tried_once_and_whole_and_then_finished() -> None:
    play = Play(problem("grid", GRID), outcome=lambda trial: ("Failed", None))
    play.run(1000, slots=5)
    there = space(GRID)
    every = [tuple(sorted(there.combination(index).items())) for index in range(36)]
    assert sorted(keys(play.trials)) == sorted(every)
    assert play.finished
    assert suggest(play.problem, play.trials, 3).suggested == ()


def test_a_grid_of_more_points_than_memory_begins_at_once() -> None:
    huge = tuple(Parameter(f"p{index}", "int", "0", "999999") for index in range(6))
    found = suggest(problem("grid", huge), [], 20).suggested
    assert len({tuple(one.assignments.values()) for one in found}) == 20


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 65, 1000])
def test_the_order_of_a_grid_is_a_permutation(size: int) -> None:
    assert sorted(shuffled(number, size, 5) for number in range(size)) == list(range(size))


def test_sobol_fills_every_part_of_the_space() -> None:
    square = (Parameter("x", "double", "0", "4"), Parameter("y", "double", "0", "4"))
    trials = Play(problem("sobol", square)).run(16, slots=3)
    cells = Counter((int(float(one.assignments["x"])), int(float(one.assignments["y"]))) for one in trials)
    assert set(cells.values()) == {1}
    assert len(cells) == 16


def test_hyperband_has_katibs_rungs() -> None:
    play = Play(problem("hyperband"), outcome=lambda trial: ("Succeeded", smooth(trial.assignments)))
    play.run(100, slots=9)
    resources = [trial.assignments["epochs"] for trial in play.trials]
    assert resources == ["1"] * 9 + ["3"] * 3 + ["9"] + ["3"] * 5 + ["9"] * 2 + ["9"] * 3
    assert play.finished
    first, second, third = play.trials[:9], play.trials[9:12], play.trials[12:13]

    def others(trial: Observed) -> dict[str, str]:
        return {name: value for name, value in trial.assignments.items() if name != "epochs"}

    best = sorted(first, key=lambda trial: trial.objective or 0.0)[:3]
    assert [others(trial) for trial in second] == [others(trial) for trial in best]
    assert others(third[0]) == others(min(second, key=lambda trial: trial.objective or 0.0))
    assert play.problem.settings["current_s"] == "-1"


def test_hyperband_maximizes_waits_for_a_rung_and_passes_over_what_failed() -> None:
    ends = iter([("Succeeded", float(place)) for place in range(7)] + [("Failed", None)] * 2)
    play = Play(problem("hyperband", goal_type="maximize"), outcome=lambda trial: next(ends))
    assert len(play.ask(4)) == 4
    assert len(play.ask(9)) == 5  # the rest of the rung
    assert play.ask(9) == []
    assert not play.finished
    for place in range(8):
        play.end(place)
    assert play.ask(9) == []  # one is still running
    play.end(8)
    assert [trial.assignments["rate"] for trial in play.ask(9)] == [
        play.trials[place].assignments["rate"] for place in (6, 5, 4)
    ]


def test_hyperband_with_one_trial_at_most() -> None:
    asked = problem("hyperband", settings={"r_l": "2", "resource_name": "epochs", "eta": "2"}, parallel_trials=2)
    play = Play(asked)
    play.run(50, slots=2)
    assert [trial.assignments["epochs"] for trial in play.trials] == ["1", "1", "2", "2", "2"]


def test_hyperband_of_a_rung_that_all_failed_goes_on_with_the_next_bracket() -> None:
    play = Play(problem("hyperband"), outcome=lambda trial: ("Failed", None))
    play.run(100, slots=9)
    assert [trial.assignments["epochs"] for trial in play.trials] == ["1"] * 9 + ["3"] * 5 + ["9"] * 3
    assert play.finished


PBT = (Parameter("lr", "double", "0.001", "1", "0.001"), Parameter("h", "categorical", values=("a", "b", "c")))


def test_pbt_makes_generations_with_parents() -> None:
    play = Play(problem("pbt", PBT), outcome=lambda trial: ("Succeeded", float(trial.assignments["lr"])))
    play.run(40, slots=3)
    by_name = {trial.name: trial for trial in play.trials}
    generations = Counter(int(trial.labels[GENERATION]) for trial in play.trials)
    assert len(generations) > 3
    assert generations[0] >= 6  # a generation is over with one more than the population
    for trial in play.trials:
        assert trial.name.startswith("exp-")
        assert len(trial.name) <= 63
        if trial.labels[GENERATION] == "0":
            assert PARENT not in trial.labels
        else:
            parent = by_name[trial.labels[PARENT]]
            assert int(parent.labels[GENERATION]) == int(trial.labels[GENERATION]) - 1
            assert parent.objective is not None
    assert len(by_name) == 40


def test_pbt_replaces_the_worst_by_the_best_and_changes_the_others() -> None:
    losses = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    past = [
        Observed(f"m{place}", {"lr": f"0.{place}5", "h": "b"}, "Succeeded", loss, {GENERATION: "0"})
        for place, loss in enumerate(losses)
    ]
    children = suggest(problem("pbt", PBT), past, 5).suggested
    parents = [child.labels[PARENT] for child in children]
    assert len(set(parents)) == 5
    by_name = {trial.name: trial for trial in past}
    assert set(parents[:2]) <= {"m4", "m5"}  # beyond the quantile of 0.6, in 40 % of the population
    for child in children[:2]:
        assert child.assignments in [trial.assignments for trial in past[:3]]
    for child in children[2:]:
        before, after = by_name[child.labels[PARENT]].assignments, child.assignments
        assert float(after["lr"]) == pytest.approx(0.8 * float(before["lr"]), abs=6e-4) or float(
            after["lr"]
        ) == pytest.approx(1.2 * float(before["lr"]), abs=6e-4)
        assert after["h"] in "ac"


def test_pbt_tries_failed_members_again_once_each() -> None:
    past = [Observed("m0", {"lr": "0.1", "h": "b"}, "Failed", None, {GENERATION: "0"})]
    again = suggest(problem("pbt", PBT), past, 2).suggested
    assert again[0].assignments == past[0].assignments
    assert again[0].name != "m0"
    assert again[1].assignments != past[0].assignments
    past.append(Observed(again[0].name, again[0].assignments, "Running", None, again[0].labels))
    assert suggest(problem("pbt", PBT), past, 1).suggested[0].assignments != past[0].assignments


def test_pbt_resamples_with_the_chance_that_was_set() -> None:
    past = [Observed(f"m{n}", {"lr": "0.5", "h": "b"}, "Succeeded", float(n), {GENERATION: "0"}) for n in range(6)]
    never = {
        "suggestion_trial_dir": "/d",
        "n_population": "5",
        "truncation_threshold": "0",
        "resample_probability": "0",
    }
    assert all(
        dict(one.assignments) == {"lr": "0.5", "h": "b"}
        for one in suggest(problem("pbt", PBT, settings=never), past, 5).suggested
    )
    always = {**never, "resample_probability": "1"}
    assert len({one.assignments["lr"] for one in suggest(problem("pbt", PBT, settings=always), past, 5).suggested}) == 5


def test_a_perturbed_value_moves_and_stays_on_its_grid() -> None:
    chance = random.Random(1)
    wide = axis(Parameter("p", "double", "0", "10", "1"), "p")
    assert {perturbed(wide, "1.0", chance) for _ in range(40)} == {"0.0", "2.0"}
    whole = axis(Parameter("p", "int", "10", "20"), "p")
    assert {perturbed(whole, "10", chance) for _ in range(40)} == {"10", "12"}
    names = axis(Parameter("p", "categorical", values=("x", "y", "z")), "p")
    assert {perturbed(names, "z", chance) for _ in range(40)} == {"y", "x"}


@pytest.mark.parametrize(("strategy", "largest"), [("none", 6), ("ipop", 12), ("bipop", 12)])
def test_cmaes_restarts_with_twice_the_population_when_it_has_converged(strategy: str, largest: int) -> None:
    two = (Parameter("x", "double", "-5", "5"), Parameter("y", "double", "-5", "5"))
    asked = problem("cmaes", two, settings={"restart_strategy": strategy, "random_state": "1"})
    play = Play(asked, outcome=lambda trial: ("Succeeded", 1.0))  # flat: there is nothing to find
    play.run(160, slots=1)
    sizes = Counter(int(trial.labels[CMAES_GENERATION]) for trial in play.trials)
    assert sizes[0] == 6
    assert max(sizes.values()) == largest


def test_cmaes_comes_close_to_the_least() -> None:
    two = (Parameter("x", "double", "-5", "5"), Parameter("y", "double", "-5", "5"))

    def bowl(trial: Observed) -> tuple[str, float | None]:
        return "Succeeded", (float(trial.assignments["x"]) - 1) ** 2 + (float(trial.assignments["y"]) - 2) ** 2

    play = Play(problem("cmaes", two, settings={"random_state": "1"}), outcome=bowl)
    play.run(120, slots=2)
    assert min(trial.objective or 0.0 for trial in play.trials) < 0.01


def test_cmaes_knows_which_results_each_generation_was_told() -> None:
    play = Play(problem("cmaes"), seed=9)
    play.run(40, slots=5)
    without = [replace(trial, labels={}) for trial in play.trials]
    assert len(suggest(play.problem, without, 2).suggested) == 2
    generations = [int(trial.labels[CMAES_GENERATION]) for trial in play.trials]
    assert generations == sorted(generations)
    assert generations[-1] >= 2
    for trial in play.trials:
        for value in trial.labels.values():
            assert len(value) <= 63


@pytest.mark.parametrize(
    ("estimator", "function"),
    [("GP", "gp_hedge"), ("GP", "LCB"), ("GP", "EI"), ("GP", "PI"), ("RF", "EI"), ("ET", "PI"), ("GBRT", "LCB")],
)
def test_every_model_and_every_acquisition_function_looks_where_losses_are_small(estimator: str, function: str) -> None:
    line = (Parameter("x", "double", "0", "10"), Parameter("n", "categorical", values=("bad", "good")))
    chance = random.Random(5)
    past = []
    for place in range(24):
        point = {"x": repr(chance.uniform(0, 10)), "n": chance.choice(("bad", "good"))}
        loss = (float(point["x"]) - 7) ** 2 + 30 * (point["n"] == "bad")
        past.append(Observed(f"t{place}", point, "Succeeded", loss))
    settings = {"base_estimator": estimator, "acq_func": function, "random_state": "1"}
    found = suggest(problem("bayesianoptimization", line, settings=settings), past, 1).suggested[0].assignments
    assert found["n"] == "good"
    assert 4 < float(found["x"]) < 9.5


@pytest.mark.parametrize("estimator", ["GP", "RF", "ET", "GBRT"])
@pytest.mark.parametrize("worst", [1e6, 1e308])
def test_a_model_is_not_blinded_by_losses_that_diverged(estimator: str, worst: float) -> None:
    line = (Parameter("x", "double", "0", "10"),)
    past = [Observed(f"t{n}", {"x": f"{n / 2}"}, "Succeeded", worst if n > 16 else (n / 2 - 3) ** 2) for n in range(20)]
    settings = {"base_estimator": estimator, "random_state": "2", "acq_func": "EI"}
    found = suggest(problem("bayesianoptimization", line, settings=settings), past, 1).suggested[0].assignments
    # Trees are unsure where the two kinds of losses meet, and look there.
    assert 1.5 < float(found["x"]) < (4.5 if estimator == "GP" else 8.5)


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize("algorithm", ["tpe", "multivariate-tpe", "cmaes", "bayesianoptimization"])
def test_goals_have_two_directions(algorithm: str, goal: str) -> None:
    two = (Parameter("x", "double", "0", "1"), Parameter("y", "double", "0", "1"))
    play = Play(
        problem(algorithm, two, goal_type=goal, settings={"random_state": "3"}),
        outcome=lambda trial: ("Succeeded", float(trial.assignments["x"]) + float(trial.assignments["y"])),
    )
    play.run(24 if algorithm == "bayesianoptimization" else 40, slots=1)
    late = [trial.objective or 0.0 for trial in play.trials[-12:]]
    middle = sum(late) / len(late)
    assert middle < 0.75 if goal == "minimize" else middle > 1.25  # chance: 1


def test_early_stopped_trials_teach_what_they_reached() -> None:
    two = (Parameter("x", "double", "0", "1"), Parameter("y", "double", "0", "1"))
    asked = problem("tpe", two, settings={"random_state": "3", "n_startup_trials": "5"})
    chance = random.Random(1)
    points = [{"x": repr(chance.random()), "y": repr(chance.random())} for _ in range(20)]
    stopped = [Observed(f"t{n}", one, "EarlyStopped", float(one["x"])) for n, one in enumerate(points)]
    nothing = [replace(trial, objective=None) for trial in stopped]
    taught = [suggest(replace(asked, uid=str(n)), stopped, 1).suggested[0] for n in range(1)]
    forget()
    assert float(taught[0].assignments["x"]) < 0.5
    assert suggest(asked, nothing, 1).suggested != tuple(taught)


def succeeded(place: int, *reports: float) -> Observed:
    return Observed(
        f"t{place}", {}, "Succeeded", None, history=tuple((float(at), value) for at, value in enumerate(reports))
    )


def stopping(**settings: str) -> object:
    return problem("random", early_stopping="medianstop", early_stopping_settings=settings, goal_type="maximize")


def test_median_stopping_has_katibs_rules() -> None:
    trials = [
        succeeded(0, 0.1, 0.2, 0.3, 0.4, 99.0),
        succeeded(1, 0.5, 0.7),
        Observed("r", {}, "Running", None, history=((0.0, 7.0),)),
        Observed("e", {}, "EarlyStopped", None, history=((0.0, 7.0),)),
    ]
    asked = stopping()
    assert suggest(asked, trials, 1).suggested[0].rules == ()  # type: ignore[arg-type]
    trials.append(succeeded(2, 0.9))
    mean = (((0.1 + 0.2 + 0.3 + 0.4) / 4) + ((0.5 + 0.7) / 2) + 0.9) / 3
    for one in suggest(asked, trials, 2).suggested:  # type: ignore[arg-type]
        assert one.rules == (Rule("loss", str(mean), "less", 4),)
    asked = stopping(min_trials_required="2", start_step="1")
    assert suggest(asked, trials[:2], 1).suggested[0].rules == (Rule("loss", str((0.1 + 0.5) / 2), "less", 1),)  # type: ignore[arg-type]
    least = replace(asked, goal_type="minimize")  # type: ignore[type-var]
    assert suggest(least, trials[:2], 1).suggested[0].rules[0].comparison == "greater"  # type: ignore[arg-type]


def test_median_stopping_leaves_out_trials_without_numbers() -> None:
    trials = [succeeded(0), succeeded(1, float("nan")), succeeded(2, 1.0), succeeded(3, float("inf"))]
    assert suggest(stopping(min_trials_required="2"), trials, 1).suggested[0].rules == ()  # type: ignore[arg-type]
    assert suggest(stopping(min_trials_required="1"), trials, 1).suggested[0].rules[0].value == "1.0"  # type: ignore[arg-type]
