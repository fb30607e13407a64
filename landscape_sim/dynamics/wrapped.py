"""Axes that close on themselves: any scheme, whose steps are taken back by whole turns."""

from __future__ import annotations

from typing import Any, NamedTuple

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.vectors import wrap


class WrappedScheme(NamedTuple):
    """A scheme whose states stay within one turn of every axis that closes on itself.

    On a landscape that repeats (:class:`landscape_sim.Wrapped`) the steps are those of the scheme.

    Attributes
    ----------
    noise, time_step
        Those of the scheme.
    scheme : Dynamics
        What makes the steps.
    low, high : tuple of float
        Ends of one turn; both zero along an axis that does not close.
    """

    noise: NoiseModel
    time_step: float
    scheme: Any
    low: Position
    high: Position

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return that of the scheme."""
        return self.scheme.noise_amplitude(landscape, x)

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the state after one step, within one turn."""
        return wrap(self.scheme.step(landscape, x, normal), self.low, self.high)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return that of the scheme."""
        return self.scheme.clock_rate(landscape, x, normal)

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position that belongs to the state, within one turn."""
        return wrap(self.scheme.observed(landscape, x, normal), self.low, self.high)
