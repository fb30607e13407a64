"""Walls around a start: how fast their drift is where they are as high as paths go.

A step that is short in the well and on the way may still be long at a wall behind or beside them.
From there it throws a path across the barrier, into the target or beyond.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import Dynamics, NoiseModel
from landscape_sim.landscapes import LandscapeLike

Array = NDArray[np.float64]

#: A wall counts up to where it is met once in e^this passages.
_RARELY_MET = float(np.log(1e3))
#: At so many distances, between these shares of the way's length, a ray is looked at.
_DISTANCES, _NEAREST, _FARTHEST = 240, 1e-3, 1e3
#: Where it is higher first is narrowed down so many times, to one of so many parts.
_ROUNDS, _PARTS = 8, 240


def steepest_drift(landscape: LandscapeLike, scheme: Dynamics, way: Array) -> float:
    """Return the fastest drift, per unit of the scheme's own time, at the walls around a way.

    They are looked for on both sides along the axes of curvature at its start. A wall is as high
    there as the highest point of the way and the seven noise strengths that one passage in a
    thousand climbs. Zero where there is none.

    Parameters
    ----------
    landscape : LandscapeLike
        The landscape.
    scheme : Dynamics
        Noise and scheme, at whatever step.
    way : ndarray, shape (n_points, n)
        From a minimum to the target.
    """
    start, length = way[0], float(np.linalg.norm(np.ptp(way, axis=0)))
    heights = _heights(landscape, scheme.noise, way)
    top = float(np.max(heights[np.isfinite(heights)], initial=0.0))
    axes = np.linalg.eigh(landscape.hessian(tuple(map(float, start))))[1].T
    steepest = 0.0
    for ray in (*axes, *-axes):
        climbed = top + _RARELY_MET * float(scheme.noise.spread(tuple(ray))) ** 2
        place = _foot(landscape, scheme.noise, start, length * ray, climbed)
        if place is not None:
            with np.errstate(all="ignore"):
                drift = float(np.linalg.norm(landscape.gradient(place)))
                drift *= float(scheme.clock_rate(landscape, place, (0.0,) * len(place)))
            steepest = max(steepest, drift if np.isfinite(drift) else 0.0)
    return steepest


def _foot(
    landscape: LandscapeLike, noise: NoiseModel, start: Array, ray: Array, climbed: float
) -> tuple[float, ...] | None:
    """Return the last place along a ray before ``U`` exceeds its value at the start by so much."""

    def is_higher(shares: Array) -> NDArray[np.bool_]:
        points = start + np.multiply.outer(shares, ray)
        # The start itself is the reference.
        return np.asarray(~(_heights(landscape, noise, np.vstack([start, points]))[1:] <= climbed))

    shares = np.geomspace(_NEAREST, _FARTHEST, _DISTANCES)
    beyond = np.flatnonzero(is_higher(shares))
    if beyond.size == 0:
        return None
    high = shares[beyond[0]]
    low = shares[beyond[0] - 1] if beyond[0] > 0 else 0.0
    for _ in range(_ROUNDS):
        shares = np.linspace(low, high, _PARTS + 1)
        first = np.argmax(np.append(is_higher(shares[1:-1]), True))
        low, high = shares[first], shares[first + 1]
    return tuple(map(float, start + low * ray))


def _heights(landscape: LandscapeLike, noise: NoiseModel, points: Array) -> Array:
    """Return how much ``U`` exceeds its value at the first point; ``U`` is ``∫ dL/s``."""
    with np.errstate(all="ignore"):
        values = np.asarray(noise.potential(landscape, tuple(points.T)), dtype=float)
    values = np.broadcast_to(values, len(points))
    return np.asarray(values - values[0])
