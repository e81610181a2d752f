"""bayesianoptimization: a model of the loss over the space, and the point an acquisition function likes best.

Settings and their meaning are those of scikit-optimize's `Optimizer`, which Katib runs; the trees are scikit-learn's.
The first points are evenly spread (a Sobol sequence).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.search import sampling
from minikf.embedded.tuning.search.acquisition import proposals
from minikf.embedded.tuning.search.encoding import Encoding
from minikf.embedded.tuning.search.known import Key, Known, distinct, under_way
from minikf.embedded.tuning.search.model import Batch, Suggested
from minikf.embedded.tuning.search.regression import fitted
from minikf.embedded.tuning.search.seeds import seed

if TYPE_CHECKING:
    import numpy as np

_INITIAL = 10
_LEAST = 2  # points that a model needs


def bayesian(known: Known, settings: Mapping[str, Any], count: int) -> Batch:
    """The points that the model expects most of; evenly spread ones until it has something to learn from."""
    initial = settings.get("n_initial_points", _INITIAL)
    begun = len(known.trials)
    spread = count if len(known.learnt) < _LEAST else min(count, max(0, initial - begun))
    points = [dict(one.assignments) for one in sampling.sobol(known, settings, spread).suggested] if spread else []
    taken: list[Key] = [known.space.key(point) for point in points]
    while len(points) < count:
        ranked = _ranked(known, settings, taken, begun + len(points))

        def draw(
            attempt: int, ranked: list[dict[str, str]] = ranked, number: int = begun + len(points)
        ) -> dict[str, str]:
            return ranked[attempt] if attempt < len(ranked) else sampling.drawn(known.space, known, number, attempt)

        points.append(distinct(known, taken, draw, repeat=False))
        taken.append(known.space.key(points[-1]))
    return Batch(tuple(Suggested(point) for point in points))


def _ranked(known: Known, settings: Mapping[str, Any], taken: list[Key], number: int) -> list[dict[str, str]]:
    """Points to try, the best first."""
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    encoding = Encoding(known.space)
    names = [axis.name for axis in known.space.axes]
    losses: list[float] = [loss for _, loss in known.learnt]
    rows: list[np.ndarray] = [encoding.row(trial.assignments) for trial, _ in known.learnt]
    waiting = [trial.assignments for trial in known.trials if under_way(trial) and known.space.holds(trial.assignments)]
    waiting += [dict(zip(names, key, strict=True)) for key in taken]
    expected = np.array([encoding.row(point) for point in waiting]).reshape(len(waiting), encoding.width)
    start = seed(known.problem, "model", number)
    with threadpool_limits(1, "blas"):  # matrices this small cost more to share out among cores than to work on
        model = fitted(settings.get("base_estimator", "GP"), np.array(rows), np.array(losses), expected, start)
        found = proposals(model, encoding, settings, np.array(rows), np.random.default_rng(start))
    return [encoding.point(row) for row in found]
