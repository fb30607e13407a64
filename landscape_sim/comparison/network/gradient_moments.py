r"""The second moment of the samples' gradients, as a polynomial in the position.

A residual of linear regression is linear in the position, ``r_μ + ψ_μ·z = u_μ·(1, z)``, so that

.. math:: \frac1N \sum_μ \nabla\ell_μ \nabla\ell_μ^T = \sum_{a ≤ b} (2 − δ_{ab}) (1, z)_a (1, z)_b
          \Big[\frac1N \sum_μ u_{μa} u_{μb} \, ψ_μ ψ_μ^T\Big]

with sums over the samples that are taken once. It costs some ``n⁴/4`` products a position, however
many samples there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.models.second_moments import pairs, symmetric

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GradientMoments:
    """``(1/N) Σ ∇ℓ ∇ℓᵀ`` of linear regression, at any position.

    Attributes
    ----------
    coefficients : ndarray, shape (pairs of (1, z), pairs of coordinates)
        Of the products ``(1, z)_a (1, z)_b``, in each element on and above the diagonal.
    """

    coefficients: Array

    @classmethod
    def of_samples(cls, features: Array, residuals: Array) -> GradientMoments:
        """Return the polynomial of samples with these features and residuals at the origin.

        Parameters
        ----------
        features : ndarray, shape (n, N)
            ``ψ_μ``.
        residuals : ndarray, shape (N,)
            ``r_μ``.

        Examples
        --------
        One sample, ``∇ℓ = (1 + 2z)·2``:

        >>> moments = GradientMoments.of_samples(np.array([[2.0]]), np.array([1.0]))
        >>> moments.at(np.array([[0.0], [1.0]])).ravel().tolist()
        [4.0, 36.0]
        """
        with_constant = np.vstack([residuals, features])
        counted = 2.0 - np.equal(*np.triu_indices(len(with_constant)))
        sums = pairs(with_constant.T).T @ pairs(features.T)
        return cls(counted[:, None] * sums / residuals.size)

    @staticmethod
    def size(dimension: int) -> int:
        """Return how many coefficients there are in so many dimensions."""
        return (dimension + 1) * (dimension + 2) // 2 * (dimension * (dimension + 1) // 2)

    def at(self, positions: Array) -> Array:
        """Return the second moment at positions, shape ``(paths, n)``: ``(paths, n, n)``."""
        with_constant = np.hstack([np.ones((len(positions), 1)), positions])
        return symmetric(pairs(with_constant) @ self.coefficients, positions.shape[1])
