"""Regression on two phases: SGD with real escapes in the plane, whose kicks are coupled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import Vector


class TwoPhaseModel(NamedTuple):
    """``f(θ, x) = sin(x_1 + θ_1) + sin(x_2 + θ_2)``.

    With independent ``x`` uniform on ``[0, 2π)`` and ``y = sin x_1 + sin x_2 + ε``, ``ε`` of
    variance ``σ²``, the mean-square loss is ``1 − ½ cos θ_1 − ½ cos θ_2 + σ²/2``: minima where both
    are multiples of ``2π``, four saddles around each. The loss is a sum over the phases, and the
    gradients are not: both phases share the residual.

    Attributes
    ----------
    dimension : int
        2, the number of phases.
    """

    dimension: int = 2

    def prediction(self, position: Any, x: Any) -> Any:
        """Return ``f(θ, x)``."""
        return np.sin(x[0] + position[0]) + np.sin(x[1] + position[1])

    def prediction_gradient(self, position: Any, x: Any) -> Vector:
        """Return ``∂f/∂θ``."""
        return (np.cos(x[0] + position[0]), np.cos(x[1] + position[1]))

    def features(self, x: Any) -> Vector:
        """Return ``ψ(x) = (sin x_1, cos x_1, sin x_2, cos x_2)``."""
        return (np.sin(x[0]), np.cos(x[0]), np.sin(x[1]), np.cos(x[1]))

    def coefficients(self, position: Any) -> Vector:
        """Return ``c(θ) = (cos θ_1, sin θ_1, cos θ_2, sin θ_2)``."""
        first, second = position
        return (np.cos(first), np.sin(first), np.cos(second), np.sin(second))

    def pull_back(self, position: Any, weights: Any) -> Vector:
        """Return ``Σ_k w_k ∂c_k/∂θ``."""
        first, second = position
        return (
            weights[1] * np.cos(first) - weights[0] * np.sin(first),
            weights[3] * np.cos(second) - weights[2] * np.sin(second),
        )

    def curvature(self, position: Position, weights: Any) -> NDArray[np.float64]:
        """Return ``Σ_k w_k ∂²c_k/∂θ∂θ``, shape ``(2, 2)``."""
        c = self.coefficients(position)
        return np.diag([-weights[k] * c[k] - weights[k + 1] * c[k + 1] for k in (0, 2)])

    def search_box(self, centre: Position) -> tuple[tuple[float, float], ...]:
        """Return a box with a minimum, its neighbours and the saddles between them."""
        phases = [float(np.arctan2(centre[k + 1], centre[k])) for k in (0, 2)]
        return tuple((phase - 8.0, phase + 8.0) for phase in phases)
