"""The models of bayesianoptimization: each gives mean and deviation of the loss at any rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minikf.embedded.tuning.search.encoding import Encoding

if TYPE_CHECKING:
    import numpy as np

Model = Callable[["np.ndarray"], tuple["np.ndarray", "np.ndarray"]]
_QUANTILES = (0.16, 0.5, 0.84)  # one deviation below and above the middle, of a normal distribution


def fitted(name: str, encoding: Encoding, rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
    """The model of this name (GP, RF, ET or GBRT), fitted to the losses, which it sees scaled to deviation 1."""
    scaled = (losses - losses.mean()) / (losses.std() or 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a likelihood that is flat at its bounds is no news to the user
        return _MODELS[name](encoding, rows, scaled, seed)


def _gaussian_process(_: Encoding, rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    width = rows.shape[1]
    kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern([0.5] * width, [(1e-2, 1e2)] * width, nu=2.5)
    process = GaussianProcessRegressor(
        kernel + WhiteKernel(1e-4, (1e-8, 1.0)), alpha=1e-10, n_restarts_optimizer=1, random_state=seed
    ).fit(rows, losses)

    def model(at: np.ndarray) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return process.predict(at, return_std=True)

    return model


def _forest(kind: str) -> Callable[[Encoding, np.ndarray, np.ndarray, int], Model]:
    def fit(_: Encoding, rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
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


def _boosted(_: Encoding, rows: np.ndarray, losses: np.ndarray, seed: int) -> Model:
    from sklearn.ensemble import GradientBoostingRegressor

    low, middle, high = (
        GradientBoostingRegressor(loss="quantile", alpha=share, n_estimators=30, random_state=seed).fit(rows, losses)
        for share in _QUANTILES
    )

    def model(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return middle.predict(at), abs(high.predict(at) - low.predict(at)) / 2

    return model


_MODELS = {
    "GP": _gaussian_process,
    "RF": _forest("RandomForestRegressor"),
    "ET": _forest("ExtraTreesRegressor"),
    "GBRT": _boosted,
}
