r"""The Hamiltonian of SGD on linear regression: everything is a weighted moment of the features.

.. math:: H(c, d) = \log \frac1N \sum_μ \exp\Bigl(−r_μ q_μ + \tfrac12 s^2 q_μ^2\Bigr), \qquad
          r_μ = c·ψ_μ − y_μ, \quad q_μ = d·ψ_μ,

with coefficients ``c`` for a position and ``d`` for a momentum. That of any model with
``f = c(θ)·ψ`` is this one with ``d = p·∂c``, see :mod:`landscape_sim.large_deviations.mini_batch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from landscape_sim.large_deviations.contract import Array, Curvatures, Slopes
from landscape_sim.models.second_moments import pairs, symmetric


class _Tilt(NamedTuple):
    """``q``, ``∂E/∂q`` and the weights of the samples, shape ``(m, N)``, and the slopes."""

    q: Array
    force: Array
    weights: Array
    slopes: Slopes


@dataclass(frozen=True, eq=False)
class RegressionHamiltonian:
    """``H = log (1/N) Σ_μ exp(−d·ψ_μ (c·ψ_μ − y_μ))``.

    Attributes
    ----------
    features : ndarray, shape (k, N)
        ``ψ_μ``.
    targets : ndarray, shape (N,)
        ``y_μ``.
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    label_deviation : float
        ``s``, of normal label noise; zero for labels as they are.
    """

    features: Array
    targets: Array
    learning_rate: float
    batch_size: int
    label_deviation: float = 0.0

    @property
    def noise_scale(self) -> float:
        """``ε = η/B``."""
        return self.learning_rate / self.batch_size

    @property
    def kicks_per_step(self) -> int:
        """``B``."""
        return self.batch_size

    @property
    def dimension(self) -> int:
        """``k``."""
        return len(self.features)

    def slopes(self, position: Array, momentum: Array) -> Slopes:
        """Return ``H`` and its first derivatives."""
        return self._tilt(position, momentum).slopes

    def curvatures(self, position: Array, momentum: Array) -> Curvatures:
        """Return the second derivatives."""
        q, force, weights, slopes = self._tilt(position, momentum)
        by_c, by_d = slopes.position[:, None, :], slopes.momentum[:, None, :]
        strength = self.label_deviation**2 + force**2
        cc, dc, dd = (
            self._moments(weights * factor) for factor in (q**2, -1.0 - q * force, strength)
        )
        return Curvatures(
            position=cc - by_c.transpose(0, 2, 1) * by_c,
            mixed=dc - by_d.transpose(0, 2, 1) * by_c,
            momentum=dd - by_d.transpose(0, 2, 1) * by_d,
        )

    def spread(self, position: Array, momentum: Array) -> Array:
        """Return ``∂²H/∂d∂d`` alone."""
        _, force, weights, slopes = self._tilt(position, momentum)
        mean_square = self._moments(weights * (self.label_deviation**2 + force**2))
        return mean_square - slopes.momentum[:, :, None] * slopes.momentum[:, None, :]

    def along_momentum(self, position: Array, momentum: Array, order: int) -> Array:
        """Return ``H`` and its derivatives in the momentum, of one feature."""
        return self.along(position, momentum, np.ones_like(position), order)

    def along(self, position: Array, momentum: Array, direction: Array, order: int) -> Array:
        """Return ``H`` and its derivatives by ``t`` of ``d + t direction``, up to the fourth.

        The cumulants of the tilted kicks, shape ``(order + 1, m)``. Order 0 also at complex
        momenta.
        """
        _, force, weights, slopes = self._tilt(position, momentum)
        known = [slopes.value]
        if order > 0:
            steps = direction @ self.features
            kicks = force * steps
            # Given the sample, label noise makes the kick normal, of this variance.
            spread = self.label_deviation**2 * steps * steps
            mean = np.sum(weights * kicks, axis=1)
            away = kicks - mean[:, None]
            square = away * away
            second = np.sum(weights * (square + spread), axis=1)
            known += [mean, second]
        if order > 2:
            known.append(np.sum(weights * away * (square + 3 * spread), axis=1))
            fourth = np.sum(
                weights * (square * (square + 6 * spread) + 3 * spread * spread), axis=1
            )
            known.append(fourth - 3 * second**2)
        return np.stack(known[: order + 1])

    def _tilt(self, position: Array, momentum: Array) -> _Tilt:
        """Return what the samples say."""
        s2 = self.label_deviation**2
        residuals = position @ self.features - self.targets
        q = momentum @ self.features
        value, weights = _tilted((0.5 * s2 * q - residuals) * q)
        force = s2 * q - residuals
        by_c, by_d = ((weights * factor) @ self.features.T for factor in (-q, force))
        return _Tilt(q, force, weights, Slopes(value, by_c, by_d))

    @cached_property
    def _products(self) -> Array:
        """``ψ_i ψ_j``, shape ``(N, k (k + 1)/2)``."""
        return pairs(self.features.T)

    def _moments(self, weights: Array) -> Array:
        """Return ``Σ_μ w_μ ψ_μ ψ_μᵀ``, shape ``(m, k, k)``."""
        return symmetric(weights @ self._products, self.dimension)


def _tilted(exponents: Array) -> tuple[Array, Array]:
    """Return ``log (1/N) Σ exp E`` and the weights that ``exp E`` gives the samples.

    Close to ``p = 0`` the logarithm is of one plus something small, which keeps its digits.
    """
    top = exponents.max(axis=1, keepdims=True)
    beyond = np.expm1(exponents - top)
    mean = beyond.mean(axis=1)
    value = top[:, 0] + np.log1p(mean)
    weights = (1.0 + beyond) / (exponents.shape[1] * (1.0 + mean[:, None]))
    return value, weights
