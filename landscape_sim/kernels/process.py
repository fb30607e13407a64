"""What the kernels of Langevin dynamics run."""

from __future__ import annotations

from typing import Any, NamedTuple


class Process(NamedTuple):
    """A process in discrete time, and the target at which it is watched to arrive.

    It holds numbers only: a record of arrays would cost reference counts at every look-up.

    Attributes
    ----------
    landscape, dynamics, target : NamedTuple
        See :mod:`landscape_sim.kernels.bridge` for the methods they need.
    start : tuple of float
        Position at time 0; its length is the dimension.
    boundary_shift : float
        The target counts as reached within this many standard deviations of one step.
    """

    landscape: Any
    dynamics: Any
    target: Any
    start: tuple[float, ...]
    boundary_shift: float
