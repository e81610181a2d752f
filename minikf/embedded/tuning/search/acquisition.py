"""Acquisition functions, and how their best points are sought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.search.encoding import Encoding
from minikf.embedded.tuning.search.regression import Model

if TYPE_CHECKING:
    import numpy as np

_SAMPLES = 2000
_NEAR = 400  # samples around the best points so far
_STARTS = 4  # of the descents
_RANKED = 20  # points handed back
_XI, _KAPPA = 0.01, 1.96  # scikit-optimize's: what an improvement is at least, and how far below the mean to look
_HEDGED = ("EI", "LCB", "PI")


def proposals(
    model: Model, encoding: Encoding, settings: Mapping[str, Any], rows: np.ndarray, generator: np.random.Generator
) -> list[np.ndarray]:
    """The rows that the acquisition function likes best, best first."""
    import numpy as np

    best = float(np.min(model(rows)[0]))
    samples = _samples(model, encoding, rows, generator)
    mean, deviation = model(samples)
    names = [settings.get("acq_func", "gp_hedge")]
    if names == ["gp_hedge"]:
        names = _hedged(
            {name: float(mean[np.argmax(gains(name, mean, deviation, best))]) for name in _HEDGED}, generator
        )
    order = np.argsort(-gains(names[0], mean, deviation, best))
    ranked = [samples[place] for place in order[:_RANKED]]
    tree = settings.get("base_estimator", "GP") != "GP"
    if settings.get("acq_optimizer", "auto") == "sampling" or tree:
        return ranked
    return _descended(model, encoding, names[0], best, ranked) + ranked


def gains(name: str, mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """What the function expects of each row; more is better."""
    import numpy as np
    from scipy.special import ndtr

    if name == "LCB":
        optimism: np.ndarray = _KAPPA * deviation - mean
        return optimism
    better: np.ndarray = best - _XI - mean
    scale = np.maximum(deviation, 1e-12)
    share: np.ndarray = ndtr(better / scale)
    if name == "PI":
        return share
    bell = np.exp(-0.5 * (better / scale) ** 2) / np.sqrt(2 * np.pi)
    improvement: np.ndarray = better * share + scale * bell
    return improvement


def _hedged(expected: dict[str, float], generator: np.random.Generator) -> list[str]:
    """One of the functions by chance, the likelier the better the model thinks of its favourite."""
    import numpy as np

    hopes = -np.array(list(expected.values()))
    weights = np.exp(hopes - hopes.max())
    return [str(generator.choice(list(expected), p=weights / weights.sum()))]


def _samples(model: Model, encoding: Encoding, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Rows all over the space, and rows that differ a little from the best ones so far."""
    import numpy as np

    anywhere = encoding.samples(_SAMPLES, generator)
    best = rows[np.argsort(model(rows)[0])[: max(1, min(5, len(rows)))]]
    near = best[generator.integers(len(best), size=_NEAR)]
    width = 10.0 ** generator.uniform(-3, -0.5, size=(_NEAR, 1))
    moved = np.clip(near + width * generator.standard_normal(near.shape), 0.0, 1.0)
    other = encoding.samples(_NEAR, generator)
    for axis in encoding.space.axes:
        if not encoding.ordered(axis):
            columns = list(encoding.columns[axis.name])
            keep = generator.random(_NEAR) < 0.8
            moved[:, columns] = np.where(keep[:, None], near[:, columns], other[:, columns])
    return np.concatenate([anywhere, encoding.feasible(moved)])


def _descended(model: Model, encoding: Encoding, name: str, best: float, starts: list[np.ndarray]) -> list[np.ndarray]:
    """The best rows after a descent along the columns of numbers; categories stay as they are."""
    import numpy as np
    from scipy.optimize import minimize

    free = [encoding.columns[axis.name][0] for axis in encoding.space.axes if encoding.ordered(axis)]
    if not free:
        return []
    found: list[tuple[float, np.ndarray]] = []
    step = 1e-5
    for start in starts[:_STARTS]:

        def cost(shares: np.ndarray, start: np.ndarray = start) -> tuple[float, np.ndarray]:
            row = start.copy()
            row[free] = shares
            around = np.tile(row, (len(free) + 1, 1))
            signs = np.where(shares + step > 1.0, -step, step)
            around[np.arange(1, len(free) + 1), free] += signs
            costs = -gains(name, *model(around), best)
            return float(costs[0]), (costs[1:] - costs[0]) / signs

        result = minimize(
            cost, start[free], jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(free), options={"maxiter": 20}
        )
        row = start.copy()
        row[free] = np.clip(result.x, 0.0, 1.0)
        found.append((float(result.fun), row))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]
