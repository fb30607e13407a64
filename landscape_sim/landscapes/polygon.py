"""Polygons, such as the points of a path: their length, and points spread evenly on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def arc_length(points: Array) -> Array:
    """Return the length of the polygon up to each of its points, shape ``(m,)``.

    >>> arc_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])).tolist()
    [0.0, 5.0, 6.0]
    """
    return np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))


def spread_evenly(points: Array, n_points: int | None = None) -> Array:
    """Return ``n_points`` points (by default as many) on the polygon, evenly by arc length."""
    arc = arc_length(points)
    where = np.linspace(0.0, arc[-1], n_points or len(points))
    return np.stack([np.interp(where, arc, coordinate) for coordinate in points.T], axis=1)
