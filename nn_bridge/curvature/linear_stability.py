"""Largest learning rates at which SGD stays in a minimum, by four different arguments.

All are of ``H = (1/N) Σ ∇f ∇fᵀ`` at one point and of batches of ``B``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nn_bridge.curvature.participation import OutlierSpectrum
from nn_bridge.training.sgd import batch_indices

#: Epochs of the linear chain; its growth is that of the second half.
_EPOCHS = 40
_BISECTIONS = 12
#: The limit is sought between this share of the limit of descent and that limit itself.
_LOWEST = 1e-3


@dataclass(frozen=True)
class LearningRateLimits:
    """The four limits.

    Attributes
    ----------
    paper : float
        ``η_c = 2/(n − 2) · B/h_max``, Eq. (18); infinite for ``n ≤ 2``.
    descent : float
        ``2/h_max``: gradient descent, without noise.
    mean_square : float
        ``2 B/Tr H``: ``E[L]`` of a bowl with noise ``(2 L/B) H`` grows where ``η Tr H/(2B) > 1``.
    lyapunov : float
        Where the linear chain ``δ → (1 − (η/B) Σ_b ∇f_b ∇f_bᵀ) δ`` begins to grow, ``E log|δ|``.
    """

    paper: float
    descent: float
    mean_square: float
    lyapunov: float


def learning_rate_limits(
    spectrum: OutlierSpectrum, gram: NDArray[np.float64], batch_size: int, seed: int = 0
) -> LearningRateLimits:
    """Return the limits for batches of ``batch_size``, from spectrum and Gram matrix of ``∇f``."""
    descent = 2 / spectrum.largest
    return LearningRateLimits(
        paper=critical_learning_rate(spectrum.participation, spectrum.largest, batch_size),
        descent=descent,
        mean_square=2 * batch_size / spectrum.trace,
        lyapunov=lyapunov_limit(gram, batch_size, highest=descent, seed=seed),
    )


def critical_learning_rate(n_outliers: float, largest: float, batch_size: int) -> float:
    """Return ``η_c`` of Eq. (18): ``n < 2 (B/(η h_max) + 1)`` solved for ``η``.

    Examples
    --------
    >>> critical_learning_rate(12.0, 100.0, 10)
    0.02
    """
    if n_outliers <= 2:
        return math.inf
    return 2 / (n_outliers - 2) * batch_size / largest


def lyapunov_limit(
    gram: NDArray[np.float64], batch_size: int, *, highest: float, seed: int = 0
) -> float:
    """Return the learning rate beyond which the linearised chain grows almost surely.

    The chain in the outputs, ``u_μ = ∇f_μ·δ``: ``u → u − (η/B) K[:, batch] u[batch]`` with the Gram
    matrix ``K``. Directions without curvature keep their ``u`` for ever, so below the limit the
    rate of growth is just under zero, not far under it; above it is positive. By bisection
    on the same batches at every ``η``, each a permutation of the samples cut into pieces.

    Parameters
    ----------
    gram : ndarray, shape (N, N)
    batch_size : int
    highest : float
        Where to begin; the result where even there nothing grows.
    seed : int
        Of the first ``u`` and of the batches.
    """
    # The products are the cost, and single precision is enough for a sign.
    products = gram.astype(np.float32)

    def grows(learning_rate: float) -> bool:
        return _growth(products, learning_rate, batch_size, seed) > 0

    if not grows(highest):
        return highest
    low, high = _LOWEST * highest, highest
    for _ in range(_BISECTIONS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if grows(middle) else (middle, high)
    return math.sqrt(low * high)


def _growth(
    products: NDArray[np.float32], learning_rate: float, batch_size: int, seed: int
) -> float:
    """Return ``log|u|`` at the end less that half way."""
    n_samples = len(products)
    u = np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)
    rate = np.float32(learning_rate / batch_size)
    half_way = total = 0.0
    for epoch in range(_EPOCHS):
        # Far beyond the limit it overflows, which is growth too.
        with np.errstate(over="ignore", invalid="ignore"):
            for batch in batch_indices(n_samples, batch_size, seed, epoch):
                u -= (rate * u[batch]) @ products[batch]
            size = float(np.linalg.norm(u))
        if not size < 1e30:
            return math.inf
        u /= np.float32(size)
        total += math.log(size)
        if epoch + 1 == _EPOCHS // 2:
            half_way = total
    return total - half_way
