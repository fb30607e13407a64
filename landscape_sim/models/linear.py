"""Linear regression, ``f(θ, x) = θ · x``: the model of the paper's section 5.3."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import Vector, dot


class LinearModel(NamedTuple):
    """``f(θ, x) = θ · x``, in ``d`` dimensions.

    Its loss is a quadratic valley, so there is nothing to escape to; the loss can still rise
    to any multiple of its minimum.

    Attributes
    ----------
    dimension : int
        ``d``, the number of components of ``θ`` and ``x``.

    Examples
    --------
    >>> LinearModel(2).prediction((2.0, 1.0), (3.0, 4.0))
    10.0
    """

    dimension: int

    def prediction(self, position: Any, x: Any) -> Any:
        """Return ``f(θ, x)``."""
        return dot(position, x)

    def prediction_gradient(self, position: Any, x: Any) -> Vector:
        """Return ``∂f/∂θ = x``."""
        return x  # type: ignore[no-any-return]

    def features(self, x: Any) -> Vector:
        """Return ``ψ(x) = x``."""
        return x  # type: ignore[no-any-return]

    def coefficients(self, position: Any) -> Vector:
        """Return ``c(θ) = θ``."""
        return position  # type: ignore[no-any-return]

    def pull_back(self, position: Any, weights: Any) -> Vector:
        """Return ``Σ_k w_k ∂c_k/∂θ = w``."""
        return weights  # type: ignore[no-any-return]

    def curvature(self, position: Position, weights: Any) -> NDArray[np.float64]:
        """Return zero: the coefficients are linear."""
        return np.zeros((len(position), len(position)))

    def search_box(self, centre: Position) -> tuple[tuple[float, float], ...]:
        """Return a box around the minimum."""
        return tuple((c - 1.0, c + 1.0) for c in centre)
