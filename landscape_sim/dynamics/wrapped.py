"""Axes that close on themselves: any scheme, whose steps are taken back by whole turns."""

from __future__ import annotations

from typing import Any

from landscape_sim.dynamics.bounded import BoundedScheme
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.vectors import wrap


class WrappedScheme(BoundedScheme):
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

    __slots__ = ()

    def step(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the state after one step, within one turn."""
        return wrap(self.scheme.step(landscape, x, normal), self.low, self.high)

    def observed(self, landscape: LandscapeLike, x: Any, normal: Any) -> Any:
        """Return the position that belongs to the state, within one turn."""
        return wrap(self.scheme.observed(landscape, x, normal), self.low, self.high)
