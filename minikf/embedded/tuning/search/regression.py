"""The models of bayesianoptimization: each gives mean and deviation of the loss at any rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Model = Callable[["np.ndarray"], tuple["np.ndarray", "np.ndarray"]]
_LARGEST = 1e100  # squares of it are still floats
_FAR = 5.0  # as many times the range of the middle half
_QUANTILES = (0.16, 0.5, 0.84)  # one deviation below and above the middle, of a normal distribution


def fitted(name: str, rows: np.ndarray, losses: np.ndarray, waiting: np.ndarray, seed: int) -> Model:
    """The model of this name (GP, RF, ET or GBRT), fitted to the losses, which it sees scaled to deviation 1.

    `waiting` are rows under way: the process expects of them what it expects anyway, and is sure of it; trees are told
    that they come out as well as the best so far. Either way the next point lies elsewhere.
    """
    import numpy as np

    tame = _tamed(losses)
    scaled = (tame - tame.mean()) / (tame.std() or 1.0)
    if name == "GP":
        from minikf.embedded.tuning.search.process import Process

        process = Process(rows, scaled, np.random.default_rng(seed))
        process.believe(waiting)
        return process.at
    lies = np.full(len(waiting), scaled.min())
    return _TREES[name](np.concatenate([rows, waiting]), np.concatenate([scaled, lies]), seed)


def _tamed(losses: np.ndarray) -> np.ndarray:
    """The losses without the part of very bad ones (a training that diverged) that would make all others look alike."""
    import numpy as np

    finite = np.clip(losses, -_LARGEST, _LARGEST)
    low, high = np.quantile(finite, (0.25, 0.75))
    tamed: np.ndarray = np.minimum(finite, high + _FAR * (high - low)) if high > low else finite
    return tamed


def _forest(kind: str) -> Callable[[np.ndarray, np.ndarray, int], Model]:
    def fit(rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
        import numpy as np
        from sklearn import ensemble

        trees = getattr(ensemble, kind)(n_estimators=100, min_samples_leaf=2, random_state=seed).fit(rows, losses)

        def model(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            at = np.ascontiguousarray(at, dtype=np.float32)
            each = np.stack([tree.predict(at, check_input=False) for tree in trees.estimators_])
            inside = np.stack([tree.tree_.impurity[tree.tree_.apply(at)] for tree in trees.estimators_])
            return each.mean(axis=0), np.sqrt(each.var(axis=0) + inside.mean(axis=0))

        return model

    return fit


def _boosted(rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
    from sklearn.ensemble import GradientBoostingRegressor

    low, middle, high = (
        GradientBoostingRegressor(loss="quantile", alpha=share, n_estimators=30, random_state=seed).fit(rows, losses)
        for share in _QUANTILES
    )

    def model(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return middle.predict(at), abs(high.predict(at) - low.predict(at)) / 2

    return model


_TREES = {
    "RF": _forest("RandomForestRegressor"),
    "ET": _forest("ExtraTreesRegressor"),
    "GBRT": _boosted,
}
