"""What schemes within bounds have in common: all but what is done with a state beyond them."""

from __future__ import annotations

from typing import Any, NamedTuple

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike, Position


class _Bounds(NamedTuple):
    noise: NoiseModel
    time_step: float
    scheme: Any
    low: Position
    high: Position


class BoundedScheme(_Bounds):
    """A scheme whose states are brought back between bounds after every step.

    Attributes
    ----------
    noise, time_step
        Those of the scheme.
    scheme : Dynamics
        What makes the steps.
    low, high : tuple of float
        The bounds.
    """

    __slots__ = ()

    def noise_amplitude(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return that of the scheme."""
        return self.scheme.noise_amplitude(landscape, x)

    def clock_rate(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return that of the scheme."""
        return self.scheme.clock_rate(landscape, x, normal)
