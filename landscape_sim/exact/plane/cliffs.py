"""Where a loss ceases to be finite, and how high it is by then.

A loss that grows overflows in the end, far above every path. One that overflows on the way, in an
intermediate result say, is no wall: a grid that ends there would reflect what goes on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.frame import Array, Frame

_BISECTIONS = 60


def lowest_cliff(frame: Frame, nodes: tuple[Array, ...], is_visited: NDArray[np.bool_]) -> Array:
    """Return where ``U`` is lowest next to a place where it is ``+∞``, and its value there.

    Parameters
    ----------
    frame : Frame
        Gives the potential.
    nodes : tuple of ndarray
        The coordinates of every node of a grid.
    is_visited : ndarray of bool
        Which nodes paths visit; edges from them to their neighbours are looked at.

    Returns
    -------
    ndarray, shape (k + 1,)
        The coordinates and ``U``, which is ``∞`` if there is no such place.
    """
    is_over = frame.in_domain(*nodes) & (frame.potential(*nodes) == np.inf)
    lowest = np.array([*frame.destination, np.inf])
    for axis in range(len(nodes)):
        for source, sink in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
            here, there = ((slice(None),) * axis + (end,) for end in (source, sink))
            is_edge = is_visited[here] & is_over[there]
            if is_edge.any():
                low, high = (np.stack([z[end][is_edge] for z in nodes]) for end in (here, there))
                found = _last_finite(frame, low, high)
                lowest = min(lowest, found, key=lambda place: float(place[-1]))
    return lowest


def _last_finite(frame: Frame, low: Array, high: Array) -> Array:
    """Return the lowest of the last places on edges before ``U`` is infinite, and ``U`` there."""
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        is_low = np.isfinite(frame.potential(*middle))
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    potential = frame.potential(*low)
    k = int(np.argmin(potential))
    return np.array([*low[:, k], potential[k]])
