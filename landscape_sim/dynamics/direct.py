"""Schemes for the Itô equation of SGD as it stands, in the time ``t = ηk``."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from landscape_sim.dynamics.contract import Step
from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.vectors import displace, multiply


class EulerMaruyama(Step):
    """``x' = x − ∇L(x) Δt + sqrt(2 s(x) Δt) M^{1/2} ξ`` with ``ξ`` standard normal.

    The weak error of averages is of order ``Δt``; that of first-passage times
    is of order ``√Δt`` unless the boundary is shifted by the mean overshoot.

    Attributes
    ----------
    noise : NoiseModel
        The diffusivity ``D(x) = s(x) M``.
    time_step : float
        ``Δt``, in units of ``t``; the scheme is stable for ``Δt < 2/h``.
    """

    __slots__ = ()
    name = "euler-maruyama"

    @classmethod
    def with_step_at(
        cls, noise: NoiseModel, landscape: LandscapeLike, x: Position, time_step: float
    ) -> Self:
        """Return the scheme of this step: its time is ``t``, wherever it is."""
        return cls(noise, time_step)

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``sqrt(2 s(x) Δt)``."""
        return np.sqrt(2.0 * self.time_step * self.noise.modulation(landscape, x))

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position after one step from ``x`` with standard normal ``normal``."""
        drifted = displace(x, -self.time_step, landscape.gradient(x))
        return self.noise.kick(drifted, self.noise_amplitude(landscape, x), normal)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return 1: the scheme's time is ``t``."""
        return 1.0

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``x``."""
        return x


class Milstein(Step):
    """Euler–Maruyama plus ``½ D'(x) Δt (ξ² − 1)``: strong order 1, in one dimension.

    In more dimensions the scheme would need the Lévy areas of the noise, and is
    refused.

    Attributes
    ----------
    noise : NoiseModel
        The diffusivity ``D(x) = s(x) M``.
    time_step : float
        ``Δt``, in units of ``t``; the scheme is stable for ``Δt < 2/h``.

    References
    ----------
    Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations*
    (1992), Eq. (10.3.1), with ``b = sqrt(2 D)`` and so ``b b' = D'``.
    """

    __slots__ = ()
    name = "milstein"
    is_one_dimensional = True

    @classmethod
    def with_step_at(
        cls, noise: NoiseModel, landscape: LandscapeLike, x: Position, time_step: float
    ) -> Self:
        """Return the scheme of this step: its time is ``t``, wherever it is."""
        return cls(noise, time_step)

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``sqrt(2 s(x) Δt)``."""
        return np.sqrt(2.0 * self.time_step * self.noise.modulation(landscape, x))

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position after one step from ``x`` with standard normal ``normal``."""
        slope = self.noise.diffusivity_gradient(landscape, x)
        drifted = displace(x, -self.time_step, landscape.gradient(x))
        moved = self.noise.kick(drifted, self.noise_amplitude(landscape, x), normal)
        squared = displace(multiply(slope, multiply(normal, normal)), -1.0, slope)
        return displace(moved, 0.5 * self.time_step, squared)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return 1: the scheme's time is ``t``."""
        return 1.0

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return ``x``."""
        return x
