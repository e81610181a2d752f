"""Quality of the search: the typical regret of each algorithm after 50 trials, beside the library it comes from.

The last row of an algorithm is the one that is promised: of all pairs of our runs and the peer's, how many ours wins.
Regrets alone promise little: of the same algorithm with other seeds they differ by factors of 5 on one function. The
share differs from one half by chance by 0.06 (its deviation for ten seeds and five functions). Two trials run at a
time, and end in any order.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator

from tests.bench.measure import Row
from tests.bench.search_problems import FUNCTIONS, Function, optuna_regret, ours, skopt_regret, typical, won
from tests.bench.world import World

BUDGET, SEEDS, SLOTS = 50, 10, 2
BAYESIAN_SEEDS = 3  # scikit-optimize takes a minute for each function and seed
WON = 0.38
PLAIN = ("random", "sobol", "tpe", "multivariate-tpe", "cmaes")

Regret = Callable[[Function, int], float]


def rows(_: World) -> Iterator[Row]:
    for name in PLAIN:

        def mine(function: Function, seed: int, name: str = name) -> float:
            return ours(name, function, seed, BUDGET, SLOTS)

        def theirs(function: Function, seed: int, name: str = name) -> float:
            return optuna_regret(name, function, seed, BUDGET, SLOTS)

        yield from compared(name, mine, theirs, "optuna", SEEDS)
    yield from bayesian()


def bayesian() -> Iterator[Row]:
    """Against scikit-optimize where somebody installed it, which MiniKF does not; else against chance."""
    here = importlib.util.find_spec("skopt") is not None

    def mine(function: Function, seed: int) -> float:
        return ours("bayesianoptimization", function, seed, BUDGET)

    def theirs(function: Function, seed: int) -> float:
        return skopt_regret(function, seed, BUDGET) if here else optuna_regret("random", function, seed, BUDGET)

    yield from compared("bayesianoptimization", mine, theirs, "scikit-optimize" if here else "random", BAYESIAN_SEEDS)


def compared(name: str, mine: Regret, theirs: Regret, peer: str, seeds: int) -> Iterator[Row]:
    """A row for each function, and the one over all of them."""
    shares: list[float] = []
    for function in FUNCTIONS:
        us = [mine(function, seed) for seed in range(seeds)]
        them = [theirs(function, seed) for seed in range(1000, 1000 + seeds)]
        shares.append(won(us, them))
        yield Row(f"{name}: {function.name}", typical(us), "", math.inf, peer=typical(them), peer_name=peer)
    yield Row(f"{name}: pairs won", sum(shares) / len(shares), "", WON, at_least=True)
