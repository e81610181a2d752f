"""The searches find what their libraries find; the whole table is tests/bench/bench_search.py."""

from __future__ import annotations

import pytest

from tests.bench.search_problems import FUNCTIONS, Function, optuna_regret, ours, typical, won

BRANIN = next(function for function in FUNCTIONS if function.name == "branin")
MIXED = next(function for function in FUNCTIONS if function.name.startswith("mixed"))


@pytest.mark.parametrize("function", [BRANIN, MIXED], ids=["branin", "mixed"])
def test_cmaes_is_no_worse_than_optunas(function: Function) -> None:
    us = [ours("cmaes", function, seed, budget=40, slots=2) for seed in range(6)]
    them = [optuna_regret("cmaes", function, seed, budget=40, slots=2) for seed in range(100, 106)]
    assert won(us, them) > 0.35, (us, them)


@pytest.mark.parametrize(
    ("algorithm", "function", "budget", "seeds"),
    [
        ("tpe", BRANIN, 40, 4),
        ("multivariate-tpe", BRANIN, 40, 4),
        ("bayesianoptimization", BRANIN, 20, 2),
    ],
)
def test_what_learns_beats_chance(algorithm: str, function: Function, budget: int, seeds: int) -> None:
    us = [ours(algorithm, function, seed, budget) for seed in range(seeds)]
    chance = [ours("random", function, seed, budget) for seed in range(40)]
    assert typical(us) < 0.6 * typical(chance), (us, typical(chance))
    assert won(us, chance) > 0.6
