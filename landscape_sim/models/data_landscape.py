r"""The loss of a data set as a landscape: a closed form from the data's moments.

With ``f = c(θ) · ψ(x)`` the mean-square loss is exactly

.. math:: L(θ) = L_0 + \tfrac12 (c(θ) - \hat c)^T A \, (c(θ) - \hat c), \qquad
          A = \frac1N \sum_μ ψ_μ ψ_μ^T,

where ``ĉ`` are the least-squares coefficients and ``L_0`` is what they leave over. So the loss of
a million samples costs no more than that of one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.models.contract import FeatureModel
from landscape_sim.vectors import Vector, displace, dot, transform


class DataLandscape(NamedTuple):
    """The mean-square loss of a model on a data set; a landscape like any other.

    Attributes
    ----------
    model : FeatureModel
        ``c(θ)`` and its derivatives.
    floor : float
        ``L_0``, the least loss that any coefficients reach.
    centre : tuple of float
        ``ĉ``, these coefficients.
    moments : tuple of tuple of float
        The rows of ``A``.
    """

    model: FeatureModel
    floor: float
    centre: Position
    moments: tuple[Position, ...]

    def loss(self, x: Any) -> Any:
        """Return ``L(θ)``."""
        offset = displace(self.model.coefficients(x), -1.0, self.centre)
        return self.floor + 0.5 * dot(offset, transform(self.moments, offset))

    def gradient(self, x: Any) -> Vector:
        """Return ``∇L(θ)``, a tuple of ``n`` components."""
        offset = displace(self.model.coefficients(x), -1.0, self.centre)
        return self.model.pull_back(x, transform(self.moments, offset))

    def hessian(self, x: Position) -> NDArray[np.float64]:
        """Return the Hessian of the loss, shape ``(n, n)``: Gauss–Newton and residual part."""
        offset = displace(self.model.coefficients(x), -1.0, self.centre)
        units = np.eye(len(offset))
        jacobian = np.array([self.model.pull_back(x, tuple(unit)) for unit in units])
        gauss_newton = jacobian.T @ np.array(self.moments) @ jacobian
        residual = self.model.curvature(x, transform(self.moments, offset))
        return np.asarray(gauss_newton + residual)

    def search_box(self) -> tuple[tuple[float, float], ...]:
        """Return an interval for each coordinate, together around the critical points."""
        return self.model.search_box(self.centre)
