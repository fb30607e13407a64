"""What a scheme offers to the kernels."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.vectors import Vector


class Step(NamedTuple):
    """The fields of the package's schemes: ``noise`` and ``time_step``, as :class:`Dynamics`."""

    noise: NoiseModel
    time_step: float


class Dynamics(Protocol):
    """A noise model, a step and a scheme: a NamedTuple whose methods the kernels compile.

    Coordinates may be arrays for ``noise_amplitude`` and ``clock_rate``.
    A scheme for one dimension only says ``is_one_dimensional = True`` on its class.
    """

    @property
    def noise(self) -> NoiseModel:
        """The diffusivity ``D(x) = s(x) M``."""

    @property
    def time_step(self) -> float:
        """The step, in units of the scheme's own time."""

    def noise_amplitude(self, landscape: LandscapeLike, x: Position, /) -> Any:
        """Return the standard deviation of one step from ``x`` where ``M`` is the identity."""

    def step(self, landscape: LandscapeLike, x: Position, normal: Vector, /) -> Vector:
        """Return the state after one step from ``x`` with standard normal ``normal``."""

    def clock_rate(self, landscape: LandscapeLike, x: Position, normal: Vector, /) -> Any:
        """Return the time ``t`` that passes per unit of the scheme's time in that step."""

    def observed(self, landscape: LandscapeLike, x: Position, normal: Vector, /) -> Vector:
        """Return the position that belongs to the state ``x`` and the normal drawn next."""
