"""The search algorithms of Katib-compatible tuning: data in, data out; no objects, no files, no clock.

What is known of a search is rebuilt from its trials on every call, so a daemon may be killed between any two calls.
`suggest` may take seconds (a Gaussian process; the first import of a library): call it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minikf.embedded.tuning.search.model import (
    Batch,
    Observed,
    Parameter,
    Problem,
    Rule,
    SearchError,
    Suggested,
)

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Batch",
    "Observed",
    "Parameter",
    "Problem",
    "Rule",
    "SearchError",
    "Suggested",
    "suggest",
    "validate",
]


@dataclass(frozen=True)
class Algorithm:
    """A row of the documentation: what it is, and what each of its settings means."""

    summary: str
    settings: Mapping[str, str]


ALGORITHMS: Mapping[str, Algorithm] = {}


def validate(problem: Problem) -> None:
    """Refuses what cannot be searched. Raises SearchError with Katib's reason and the field it is about."""
    if problem.algorithm not in ALGORITHMS:
        raise SearchError(f"spec.algorithm.algorithmName: unknown algorithm name {problem.algorithm}")


def suggest(problem: Problem, trials: Sequence[Observed], count: int) -> Batch:
    """Up to `count` trials that are worth running next; the same input gives the same answer.

    `trials` are in order of creation and hold the suggested ones that have not begun, as Pending. Raises SearchError.
    """
    validate(problem)
    raise SearchError(f"spec.algorithm.algorithmName: {problem.algorithm} has no search")
