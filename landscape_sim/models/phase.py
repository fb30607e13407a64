"""Phase regression: real mini-batch SGD with real escapes, in one dimension."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import Vector


class PhaseModel(NamedTuple):
    """``f(θ, x) = sin(x + θ)``.

    With ``x`` uniform on ``[0, 2π)`` and ``y = sin x + ε``, ``ε ~ N(0, σ²)``, the mean-square
    loss is ``½(1 − cos θ) + σ²/2``: minima at multiples of ``2π`` with ``h* = ½``, saddles
    half-way with ``h^s = −½``, and ``L^s/L* = 1 + 2/σ²``.

    Attributes
    ----------
    dimension : int
        1, the number of phases.
    """

    dimension: int = 1

    def prediction(self, position: Any, x: Any) -> Any:
        """Return ``f(θ, x)``."""
        return np.sin(x[0] + position[0])

    def prediction_gradient(self, position: Any, x: Any) -> Vector:
        """Return ``∂f/∂θ``."""
        return (np.cos(x[0] + position[0]),)

    def features(self, x: Any) -> Vector:
        """Return ``ψ(x) = (sin x, cos x)``."""
        return (np.sin(x[0]), np.cos(x[0]))

    def coefficients(self, position: Any) -> Vector:
        """Return ``c(θ) = (cos θ, sin θ)``."""
        return (np.cos(position[0]), np.sin(position[0]))

    def pull_back(self, position: Any, weights: Any) -> Vector:
        """Return ``Σ_k w_k ∂c_k/∂θ``."""
        return (weights[1] * np.cos(position[0]) - weights[0] * np.sin(position[0]),)

    def curvature(self, position: Position, weights: Any) -> NDArray[np.float64]:
        """Return ``Σ_k w_k ∂²c_k/∂θ²``, shape ``(1, 1)``."""
        c = self.coefficients(position)
        return np.array([[-weights[0] * c[0] - weights[1] * c[1]]])

    def search_box(self, centre: Position) -> tuple[tuple[float, float], ...]:
        """Return an interval with a minimum, both neighbours and the saddles between them."""
        phase = float(np.arctan2(centre[1], centre[0]))
        return ((phase - 8.0, phase + 8.0),)
