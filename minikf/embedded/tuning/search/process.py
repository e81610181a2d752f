"""A Gaussian process in plain numpy and scipy: Matern 5/2 with a length for each column, and noise.

scikit-learn's process gives the same, but needs 2 seconds and 150 MB to import and computes its gradients in loops; a
suggestion would take seconds instead of a fraction of one. Formulas: Rasmussen and Williams, Gaussian Processes for
Machine Learning, chapters 2, 4.2 and 5.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_ROOT5 = 5.0**0.5
_FITTED = 200  # rows that the lengths are fitted to: the cost grows with the third power
_STARTS = 2
# Logarithms: of the variance, of each length in shares of the range, of the noise; where each is expected, how surely.
_EXPECTED = {"variance": (0.0, 1.5), "length": (-0.5, 1.0), "noise": (-7.0, 2.5)}
_LIMITS = {"variance": (-4.0, 6.0), "length": (-4.5, 3.5), "noise": (-14.0, 0.0)}


class Process:
    """Fitted to rows between 0 and 1 and to losses of mean 0 and deviation 1."""

    def __init__(self, rows: np.ndarray, losses: np.ndarray, generator: np.random.Generator) -> None:
        self._theta = _likeliest(*_few(rows, losses), generator)
        self._condition(rows, losses)

    def _condition(self, rows: np.ndarray, losses: np.ndarray) -> None:
        import numpy as np
        from scipy.linalg import cho_solve, solve_triangular

        self._rows, self._losses = rows, losses
        covariance = _covariance(self._theta, rows, rows) + _noise(self._theta) * np.eye(len(rows))
        root = np.linalg.cholesky(covariance)
        self._inverse = solve_triangular(root, np.eye(len(rows)), lower=True)
        self._weights = cho_solve((root, True), losses)

    def believe(self, rows: np.ndarray) -> None:
        """Takes rows whose losses are to come as if they were to come out as expected."""
        import numpy as np

        if len(rows):
            expected, _ = self.at(rows)
            self._condition(np.concatenate([self._rows, rows]), np.concatenate([self._losses, expected]))

    def at(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of the loss, without noise, at these rows."""
        import numpy as np

        across = _covariance(self._theta, rows, self._rows)
        known = self._inverse @ across.T
        variance = np.exp(self._theta[0]) - np.sum(known**2, axis=0)
        return across @ self._weights, np.sqrt(np.maximum(variance, 1e-12))


def _few(rows: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half of the best and half of the latest rows, where there are too many."""
    import numpy as np

    if len(rows) <= _FITTED:
        return rows, losses
    chosen = np.union1d(np.argsort(losses)[: _FITTED // 2], np.arange(len(rows) - _FITTED // 2, len(rows)))
    return rows[chosen], losses[chosen]


def _noise(theta: np.ndarray) -> float:
    import numpy as np

    return float(np.exp(theta[-1])) + 1e-8


def _covariance(theta: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.spatial.distance import cdist

    lengths = np.exp(theta[1:-1])
    far = _ROOT5 * cdist(first / lengths, second / lengths)
    covariance: np.ndarray = np.exp(theta[0]) * (1.0 + far + far**2 / 3.0) * np.exp(-far)
    return covariance


def _likeliest(rows: np.ndarray, losses: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The logarithms that make the losses likeliest, by descent from what is expected and from elsewhere."""
    import numpy as np
    from scipy.optimize import minimize

    names = ["variance", *["length"] * rows.shape[1], "noise"]
    middle = np.array([_EXPECTED[name][0] for name in names])
    spread = np.array([_EXPECTED[name][1] for name in names])
    limits = [_LIMITS[name] for name in names]
    squares = (rows[:, None, :] - rows[None, :, :]) ** 2
    starts = [middle, *(middle + spread * generator.standard_normal(len(names)) for _ in range(_STARTS - 1))]
    found = [
        minimize(
            _unlikelihood,
            np.clip(start, *np.array(limits).T),
            (squares, losses, middle, spread),
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"maxiter": 40},
        )
        for start in starts
    ]
    best: np.ndarray = min(found, key=lambda result: float(result.fun)).x
    return best


def _unlikelihood(
    theta: np.ndarray, squares: np.ndarray, losses: np.ndarray, middle: np.ndarray, spread: np.ndarray
) -> tuple[float, np.ndarray]:
    """Minus the logarithm of likelihood times expectation, and its gradient."""
    import numpy as np
    from scipy.linalg import cho_solve

    count = len(losses)
    lengths = np.exp(2 * theta[1:-1])
    far = _ROOT5 * np.sqrt(np.maximum(squares @ (1.0 / lengths), 0.0))
    decay = np.exp(theta[0] - far)
    smooth = decay * (1.0 + far + far**2 / 3.0)
    try:
        root = np.linalg.cholesky(smooth + _noise(theta) * np.eye(count))
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(theta)
    weights = cho_solve((root, True), losses, check_finite=False)
    inner = np.outer(weights, weights) - cho_solve((root, True), np.eye(count), check_finite=False)
    slope = inner * decay * (1.0 + far) * (5.0 / 3.0)
    gradient = np.empty_like(theta)
    gradient[0] = -0.5 * np.sum(inner * smooth)
    gradient[1:-1] = -0.5 * np.einsum("ij,ijd->d", slope, squares) / lengths
    gradient[-1] = -0.5 * np.exp(theta[-1]) * np.trace(inner)
    apart = (theta - middle) / spread
    likelihood = -0.5 * losses @ weights - np.log(np.diag(root)).sum()
    return float(-likelihood + 0.5 * apart @ apart), gradient + apart / spread
