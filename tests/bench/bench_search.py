"""Quality of the search: the typical regret of each algorithm after 50 trials, beside the library it comes from.

The last row of an algorithm is the one that is promised: over all functions together ours is not worse than a quarter
more than the peer's, which is what as many seeds of the same algorithm differ by.
"""

from __future__ import annotations

import importlib.util
import math
import statistics
from collections.abc import Callable, Iterator

from tests.bench.measure import Row
from tests.bench.search_problems import FUNCTIONS, Function, optuna_regret, ours, skopt_regret, typical
from tests.bench.world import World

BUDGET, SEEDS, SLOTS = 50, 12, 2
BAYESIAN_SEEDS = 5  # scikit-optimize takes a minute for each function and seed
WORSE = 1.25
PLAIN = ("random", "sobol", "tpe", "multivariate-tpe", "cmaes")

Regret = Callable[[Function, int], float]


def rows(_: World) -> Iterator[Row]:
    for name in PLAIN:
        for slots in (1, SLOTS):

            def mine(function: Function, seed: int, name: str = name, slots: int = slots) -> float:
                return ours(name, function, seed, BUDGET, slots)

            def theirs(function: Function, seed: int, name: str = name, slots: int = slots) -> float:
                return optuna_regret(name, function, seed, BUDGET, slots)

            yield from compared(f"{name}, {slots} at a time", mine, theirs, "optuna", SEEDS)
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
    ratios: list[float] = []
    for function in FUNCTIONS:
        us = typical([mine(function, seed) for seed in range(seeds)])
        them = typical([theirs(function, seed) for seed in range(1000, 1000 + seeds)])
        ratios.append(us / them)
        yield Row(f"{name}: {function.name}", us, "regr", math.inf, peer=them, peer_name=peer)
    overall = math.exp(statistics.fmean(map(math.log, ratios)))
    yield Row(f"{name}: all functions", overall, "x", WORSE, peer=1.0, peer_name=peer, of_ratio=True)
