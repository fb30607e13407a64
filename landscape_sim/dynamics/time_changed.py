"""Schemes for the equation with additive noise, in the random time ``dτ = s(x) dt``.

With diffusivity ``D(x) = D₀ s(x)`` the time ``τ`` makes the noise constant:
``dx = −∇L/s dτ + sqrt(2 D₀) dW``. Loss-proportional noise has ``s = L``, so that
the drift is ``−∇ log L`` and ``τ`` is the paper's random time. The physical time
is recovered along each path, ``t = ∫ dτ/s``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import Landscape
from landscape_sim.vectors import displace, positive_reciprocal


class TimeChangedEuler(NamedTuple):
    """``x' = x − ∇L(x)/s(x) Δτ + sqrt(2 D₀ Δτ) ξ`` with ``ξ`` standard normal.

    Attributes
    ----------
    noise : LossProportionalNoise or ConstantNoise
        The diffusivity ``D(x) = D₀ s(x)``.
    time_step : float
        ``Δτ``, in units of ``τ``: a step of ``Δτ`` lasts ``Δτ/L(x)`` in ``t``.
    """

    noise: NoiseModel
    time_step: float

    def noise_amplitude(self, landscape: Landscape, x: Any) -> Any:
        """Return the standard deviation of one step in every direction, ``sqrt(2 D₀ Δτ)``."""
        return np.sqrt(2.0 * self.time_step * self.noise.strength())

    def step(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return the position after one step from ``x`` with standard normal ``normal``."""
        pace = -self.time_step * self.clock_rate(landscape, x, normal)
        drifted = displace(x, pace, landscape.gradient(x))
        return displace(drifted, self.noise_amplitude(landscape, x), normal)

    def clock_rate(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return ``dt/dτ = 1/s(x)``, or NaN where ``s`` is not positive."""
        return positive_reciprocal(self.noise.modulation(landscape, x))

    def observed(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return ``x``."""
        return x


class LeimkuhlerMatthews(NamedTuple):
    """The scheme of Leimkuhler and Matthews: stationary averages of second order.

    In their form ``X' = X − ∇U(X) Δτ + sqrt(2 D₀ Δτ) (ξ + ξ')/2``, where each
    normal serves two steps. The state here is ``x = X − sqrt(2 D₀ Δτ) ξ/2``, for
    which every step has a normal of its own and one gradient, at ``X``:
    ``x' = x − ∇U(X) Δτ + sqrt(2 D₀ Δτ) ξ``, ``∇U = ∇L/s``.

    Attributes
    ----------
    noise : LossProportionalNoise or ConstantNoise
        The diffusivity ``D(x) = D₀ s(x)``.
    time_step : float
        ``Δτ``, in units of ``τ``: a step of ``Δτ`` lasts ``Δτ/L(X)`` in ``t``.

    References
    ----------
    Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34; the
    reformulation is that of Vilmart, SIAM J. Sci. Comput. 37 (2015) A201.
    """

    noise: NoiseModel
    time_step: float

    def noise_amplitude(self, landscape: Landscape, x: Any) -> Any:
        """Return the standard deviation of one step in every direction, ``sqrt(2 D₀ Δτ)``."""
        return np.sqrt(2.0 * self.time_step * self.noise.strength())

    def step(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return the state after one step from ``x`` with standard normal ``normal``."""
        midpoint = self.observed(landscape, x, normal)
        pace = -self.time_step * self.clock_rate(landscape, x, normal)
        drifted = displace(x, pace, landscape.gradient(midpoint))
        return displace(drifted, self.noise_amplitude(landscape, x), normal)

    def clock_rate(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return ``dt/dτ = 1/s(X)``, or NaN where ``s`` is not positive."""
        return positive_reciprocal(
            self.noise.modulation(landscape, self.observed(landscape, x, normal))
        )

    def observed(self, landscape: Landscape, x: Any, normal: Any) -> Any:
        """Return ``X = x + sqrt(2 D₀ Δτ) ξ/2``, which samples the stationary law."""
        return displace(x, 0.5 * self.noise_amplitude(landscape, x), normal)
