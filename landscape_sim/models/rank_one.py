"""The smallest network with a real saddle: one hidden linear unit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import Vector


class RankOneModel(NamedTuple):
    """``f(θ, x) = θ_1 θ_2 x``: two layers of one unit each.

    The loss ``L* + ½ h (θ_1 θ_2 − û)²`` has two valleys, the branches of the hyperbola
    ``θ_1 θ_2 = û``, and between them a saddle at the origin with curvatures ``±h |û|``. Along a
    valley the minimum is flat; it is steepest across at ``h (θ_1² + θ_2²)``.

    Attributes
    ----------
    dimension : int
        2, the number of weights.
    """

    dimension: int = 2

    def prediction(self, position: Any, x: Any) -> Any:
        """Return ``f(θ, x)``."""
        return position[0] * position[1] * x[0]

    def prediction_gradient(self, position: Any, x: Any) -> Vector:
        """Return ``∂f/∂θ``."""
        return (position[1] * x[0], position[0] * x[0])

    def features(self, x: Any) -> Vector:
        """Return ``ψ(x) = x``."""
        return x  # type: ignore[no-any-return]

    def coefficients(self, position: Any) -> Vector:
        """Return ``c(θ) = (θ_1 θ_2,)``."""
        return (position[0] * position[1],)

    def pull_back(self, position: Any, weights: Any) -> Vector:
        """Return ``w_1 ∂c_1/∂θ``."""
        return (weights[0] * position[1], weights[0] * position[0])

    def curvature(self, position: Position, weights: Any) -> NDArray[np.float64]:
        """Return ``w_1 ∂²c_1/∂θ∂θ``, shape ``(2, 2)``."""
        return float(weights[0]) * np.array([[0.0, 1.0], [1.0, 0.0]])

    def search_box(self, centre: Position) -> tuple[tuple[float, float], ...]:
        """Return a box with the saddle and the balanced points of both valleys."""
        reach = 2.0 * float(np.sqrt(abs(centre[0]))) + 0.1
        return ((-reach, reach),) * 2
