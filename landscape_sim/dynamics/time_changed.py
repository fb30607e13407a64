"""Schemes for the equation with additive noise, in the random time ``dτ = s(x) dt``.

With diffusivity ``D(x) = s(x) M`` the time ``τ`` makes the noise constant:
``dx = −∇L/s dτ + sqrt(2) M^{1/2} dW``. Loss-proportional noise has ``s = L``, so that
the drift is ``−∇ log L`` and ``τ`` is the paper's random time. The physical time
is recovered along each path, ``t = ∫ dτ/s``.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from landscape_sim.dynamics.contract import Step
from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.vectors import displace, positive_reciprocal


class TimeChangedEuler(Step):
    """``x' = x − ∇L(x)/s(x) Δτ + sqrt(2 Δτ) M^{1/2} ξ`` with ``ξ`` standard normal.

    Attributes
    ----------
    noise : NoiseModel
        The diffusivity ``D(x) = s(x) M``.
    time_step : float
        ``Δτ``, in units of ``τ``: a step of ``Δτ`` lasts ``Δτ/L(x)`` in ``t``.
    """

    __slots__ = ()
    name = "time-changed-euler"

    @classmethod
    def with_step_at(
        cls, noise: NoiseModel, landscape: LandscapeLike, x: Position, time_step: float
    ) -> Self:
        """Return the scheme of which one step at ``x`` lasts ``time_step``, in units of ``t``."""
        return cls(noise, time_step * float(noise.modulation(landscape, x)))

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``sqrt(2 Δτ)``."""
        return np.sqrt(2.0 * self.time_step)

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position after one step from ``x`` with standard normal ``normal``."""
        pace = -self.time_step * self.clock_rate(landscape, x, normal)
        drifted = displace(x, pace, landscape.gradient(x))
        return self.noise.kick(drifted, self.noise_amplitude(landscape, x), normal)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``dt/dτ = 1/s(x)``, or NaN where ``s`` is not positive and finite."""
        return positive_reciprocal(self.noise.modulation(landscape, x))

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``x``."""
        return x


class LeimkuhlerMatthews(Step):
    """The scheme of Leimkuhler and Matthews: stationary averages of second order.

    In their form ``X' = X − ∇U(X) Δτ + sqrt(2 Δτ) M^{1/2} (ξ + ξ')/2``, where each
    normal serves two steps. The state here is ``x = X − sqrt(2 Δτ) M^{1/2} ξ/2``, for
    which every step has a normal of its own and one gradient, at ``X``:
    ``x' = x − ∇U(X) Δτ + sqrt(2 Δτ) M^{1/2} ξ``, ``∇U = ∇L/s``. The second order holds
    where ``M`` is isotropic; where it is not, the dynamics is not reversible and the
    order is the first, as for Euler's scheme.

    Attributes
    ----------
    noise : NoiseModel
        The diffusivity ``D(x) = s(x) M``.
    time_step : float
        ``Δτ``, in units of ``τ``: a step of ``Δτ`` lasts ``Δτ/L(X)`` in ``t``.

    References
    ----------
    Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34; the
    reformulation is that of Vilmart, SIAM J. Sci. Comput. 37 (2015) A201.
    """

    __slots__ = ()
    name = "leimkuhler-matthews"

    @classmethod
    def with_step_at(
        cls, noise: NoiseModel, landscape: LandscapeLike, x: Position, time_step: float
    ) -> Self:
        """Return the scheme of which one step at ``x`` lasts ``time_step``, in units of ``t``."""
        return cls(noise, time_step * float(noise.modulation(landscape, x)))

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``sqrt(2 Δτ)``."""
        return np.sqrt(2.0 * self.time_step)

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the state after one step from ``x`` with standard normal ``normal``."""
        midpoint = self.observed(landscape, x, normal)
        pace = -self.time_step * self.clock_rate(landscape, x, normal)
        drifted = displace(x, pace, landscape.gradient(midpoint))
        return self.noise.kick(drifted, self.noise_amplitude(landscape, x), normal)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``dt/dτ = 1/s(X)``, or NaN where ``s`` is not positive and finite."""
        return positive_reciprocal(
            self.noise.modulation(landscape, self.observed(landscape, x, normal))
        )

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``X = x + sqrt(2 Δτ) M^{1/2} ξ/2``, which samples the stationary law."""
        return self.noise.kick(x, 0.5 * self.noise_amplitude(landscape, x), normal)
