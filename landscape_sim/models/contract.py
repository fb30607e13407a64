"""What a model offers: predictions and their derivatives.

A model is a :class:`typing.NamedTuple` with the methods below. A position ``θ`` is a
tuple of coordinates and an input ``x`` a tuple of components; components may be arrays, so
that one method serves the kernels, which compile it, and the statistics of a whole data set.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import Vector


class RegressionModel(Protocol):
    """A prediction ``f(θ, x)`` with its derivative: all that SGD needs."""

    @property
    def dimension(self) -> int:
        """Number of coordinates of ``θ``."""

    def prediction(self, position: Any, x: Any, /) -> Any:
        """Return ``f(θ, x)``."""

    def prediction_gradient(self, position: Any, x: Any, /) -> Vector:
        """Return ``∂f/∂θ``, a tuple as long as the position."""


class FeatureModel(RegressionModel, Protocol):
    """A model ``f(θ, x) = c(θ) · ψ(x)``: the loss of any data set is then known in closed form."""

    def features(self, x: Any, /) -> Vector:
        """Return ``ψ(x)``."""

    def coefficients(self, position: Any, /) -> Vector:
        """Return ``c(θ)``, a tuple as long as ``ψ``."""

    def pull_back(self, position: Any, weights: Any, /) -> Vector:
        """Return ``Σ_k w_k ∂c_k/∂θ``, a tuple as long as the position."""

    def curvature(self, position: Position, weights: Any, /) -> NDArray[np.float64]:
        """Return ``Σ_k w_k ∂²c_k/∂θ∂θ``, shape ``(n, n)``."""

    def search_box(self, centre: Position, /) -> tuple[tuple[float, float], ...]:
        """Return where critical points lie when ``centre`` are the best coefficients."""


def has_features(model: RegressionModel) -> TypeGuard[FeatureModel]:
    """Return whether the model is of the form ``c(θ) · ψ(x)``, and says so."""
    return hasattr(model, "features")
