"""The search algorithms of Katib-compatible tuning: data in, data out; no objects, no files, no clock.

What is known of a search is rebuilt from its trials on every call, so a daemon may be killed between any two calls.
`suggest` may take seconds (a Gaussian process; the first import of a library): call it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minikf.embedded.tuning.search import bayesian, cmaes, hyperband, medianstop, pbt, sampling, tpe
from minikf.embedded.tuning.search.algorithms import ALGORITHMS, MEDIAN_STOP
from minikf.embedded.tuning.search.checks import checked
from minikf.embedded.tuning.search.known import Known
from minikf.embedded.tuning.search.model import (
    Batch,
    Observed,
    Parameter,
    Problem,
    Rule,
    SearchError,
    Suggested,
)
from minikf.embedded.tuning.search.settings import Algorithm, Setting
from minikf.embedded.tuning.search.tpe import forget

__all__ = [
    "ALGORITHMS",
    "MEDIAN_STOP",
    "Algorithm",
    "Batch",
    "Observed",
    "Parameter",
    "Problem",
    "Rule",
    "SearchError",
    "Setting",
    "Suggested",
    "forget",
    "suggest",
    "validate",
]


_SEARCHES: Mapping[str, Callable[[Known, Mapping[str, Any], int], Batch]] = {
    "random": sampling.random,
    "grid": sampling.grid,
    "sobol": sampling.sobol,
    "tpe": tpe.tpe,
    "multivariate-tpe": tpe.tpe,
    "cmaes": cmaes.cmaes,
    "bayesianoptimization": bayesian.bayesian,
    "hyperband": hyperband.hyperband,
    "pbt": pbt.pbt,
}


def validate(problem: Problem) -> None:
    """Refuses what cannot be searched. Raises SearchError with the reason and the field it is about."""
    checked(problem)


def suggest(problem: Problem, trials: Sequence[Observed], count: int) -> Batch:
    """Up to `count` trials that are worth running next; the same input gives the same answer.

    `trials` are in order of creation and hold the suggested ones that have not begun, as Pending. Raises SearchError.
    """
    space, settings = checked(problem)
    if count <= 0:
        return Batch(())
    batch = _SEARCHES[problem.algorithm](Known(problem, space, tuple(trials)), settings, count)
    rules = medianstop.rules(problem, trials)
    return replace(batch, suggested=tuple(replace(one, rules=rules) for one in batch.suggested))
