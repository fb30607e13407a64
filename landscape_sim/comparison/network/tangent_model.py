r"""The tangent model of a network: linear regression on its Jacobian, near a checkpoint.

To first order in the displacement, ``f_μ ≈ f_μ* + J_μ·δ``. With ``δ`` in the span of ``n``
directions and ``ψ_μ`` the components of ``J_μ`` along them, the loss is the quadratic

.. math:: L(δ) = \frac1{2N} \sum_μ (r_μ + ψ_μ·δ)^2 = L_0 + \tfrac12 \sum_i h_i z_i^2

in the coordinates ``z`` of its own minimum and axes, ``h_i`` the eigenvalues of ``(1/N) Σ ψ ψᵀ``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.comparison.network.gradient_moments import GradientMoments
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.models import DataSet, LinearModel
from landscape_sim.validation import InputError

#: The compiler unrolls every direction: 32 take some 13 seconds, 64 twice as long.
MOST_DIRECTIONS = 64


@dataclass(frozen=True, eq=False)
class TangentModel:
    """Linear regression in the coordinates in which its loss is a bowl around the origin.

    Attributes
    ----------
    data : DataSet
        ``ψ_μ`` and minus the residuals at the origin.
    bowl : QuadraticBowl
        ``L_0 + ½ Σ h_i z_i²``, the loss of these data.
    start : tuple of float
        Where the network is: the origin if it is at a minimum.
    """

    data: DataSet
    bowl: QuadraticBowl
    start: tuple[float, ...]

    @classmethod
    def of_features(cls, features: ArrayLike, residuals: ArrayLike) -> TangentModel:
        """Return the model of Jacobian rows and residuals at a checkpoint.

        Directions along which no prediction changes are left out: nothing moves along them.

        Parameters
        ----------
        features : array_like, shape (n, N)
            ``ψ_μ``, along orthonormal directions.
        residuals : array_like, shape (N,)
            ``r_μ = f_μ − y_μ``.

        Raises
        ------
        InputError
            If the shapes do not match, a value is not finite, there are more than 64 directions
            or not fewer than samples, or no prediction changes at all.

        Examples
        --------
        >>> model = TangentModel.of_features([[1.0, -1.0, 2.0, 0.0]], [1.0, 1.0, 0.0, 2.0])
        >>> model.start, model.bowl.curvatures, model.loss
        ((0.0,), (1.5,), 0.75)
        """
        psi, r = np.atleast_2d(np.asarray(features, float)), np.asarray(residuals, float)
        if r.ndim != 1 or psi.ndim != 2 or psi.shape[1] != r.size:
            raise InputError(
                "features must have the shape (n, N) and residuals (N,), got "
                f"{psi.shape} and {r.shape}"
            )
        if len(psi) > MOST_DIRECTIONS:
            raise InputError(f"{len(psi)} directions are more than {MOST_DIRECTIONS}; take fewer")
        if not (np.isfinite(psi).all() and np.isfinite(r).all()):
            raise InputError("features and residuals must be finite")
        h, axes = np.linalg.eigh(psi @ psi.T / r.size)
        is_seen = h > r.size * np.finfo(float).eps * h[-1]
        if not is_seen.any():
            raise InputError("no prediction depends on the weights along these directions")
        h, psi = h[is_seen][::-1], (axes[:, is_seen].T @ psi)[::-1]
        start = psi @ r / r.size / h
        at_origin = r - start @ psi
        return cls(
            DataSet(LinearModel(len(h)), psi, -at_origin),
            QuadraticBowl(0.5 * float(np.mean(at_origin**2)), tuple(map(float, h))),
            tuple(map(float, start)),
        )

    def at_rest(self) -> TangentModel:
        """Return the same model with the network at its minimum: no slope, and ``L* = L_0``."""
        return replace(self, start=(0.0,) * len(self.start))

    @property
    def loss(self) -> float:
        """``L*``, at the start."""
        return float(self.bowl.loss(self.start))

    @cached_property
    def curvatures(self) -> NDArray[np.float64]:
        """``h_i``, shape (n,), in descending order."""
        return np.array(self.bowl.curvatures)

    @cached_property
    def single_features(self) -> NDArray[np.float32]:
        """``ψ_μ`` in single precision, shape (n, N): enough for noise, and twice as fast."""
        return self.data.inputs.astype(np.float32)

    @cached_property
    def gradient_moments(self) -> GradientMoments:
        """The second moment of the samples' gradients."""
        return GradientMoments.of_samples(self.data.inputs, -self.data.targets)
