"""The Euler–Maruyama scheme for the Itô equation of SGD."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import Landscape
from landscape_sim.vectors import advance


class EulerMaruyama(NamedTuple):
    """``x' = x − ∇L(x) Δt + sqrt(2 D(x) Δt) ξ`` with ``ξ`` standard normal.

    The weak error of averages is of order ``Δt``; that of first-passage times
    is of order ``√Δt`` unless the boundary is shifted by the mean overshoot.

    Attributes
    ----------
    noise : LossProportionalNoise or ConstantNoise
        The diffusivity ``D(x)``.
    time_step : float
        ``Δt``, in units of ``t``; the scheme is stable for ``Δt < 2/h``.
    """

    noise: NoiseModel
    time_step: float

    def noise_amplitude(self, landscape: Landscape, x: Any) -> Any:
        """Return the standard deviation of one step in every direction, ``sqrt(2 D(x) Δt)``."""
        return np.sqrt(2.0 * self.time_step * self.noise.diffusivity(landscape, x))

    def step(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return the position after one step from ``x`` with standard normal ``normal``."""
        amplitude = self.noise_amplitude(landscape, x)
        return advance(x, -self.time_step, landscape.gradient(x), amplitude, normal)
