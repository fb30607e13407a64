"""Walls that reflect: any scheme, whose steps are folded back into a box."""

from __future__ import annotations

from typing import Any

from landscape_sim.dynamics.bounded import BoundedScheme
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.vectors import reflect


class ReflectedScheme(BoundedScheme):
    """A scheme whose states are folded back into a box after every step.

    It runs on a landscape mirrored at the walls (:class:`landscape_sim.Reflected`): on that, the
    folded states are those of the scheme. A scheme of weak order 1 keeps that order.

    Attributes
    ----------
    noise, time_step
        Those of the scheme.
    scheme : Dynamics
        What is reflected.
    low, high : tuple of float
        Ends of the box; infinite where there is no wall.

    References
    ----------
    Bossy, Gobet and Talay, *A symmetrized Euler scheme for an efficient approximation of reflected
    diffusions*, J. Appl. Probab. 41 (2004) 877.
    """

    __slots__ = ()

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the state after one step, within the walls."""
        return reflect(self.scheme.step(landscape, x, normal), self.low, self.high)

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position that belongs to the state, within the walls."""
        return reflect(self.scheme.observed(landscape, x, normal), self.low, self.high)
