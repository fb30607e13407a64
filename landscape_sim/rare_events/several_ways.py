"""The score where several ways lead to a target: the progress along the one that is nearest.

A score along one of two ways forgets the other: all walkers that are selected are on the first,
and the rate is that of one way. Along either, a place counts for what is hard to come by there,
the height climbed in units of the noise, so that equal scores are about equally likely on all ways
and selection favours none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import NoiseModel
from landscape_sim.landscapes import LandscapeLike, Position, Target, ways_into
from landscape_sim.rare_events.scores import Score, end_in, progress_along

#: A way over a top so many noise strengths above the lowest has less than 1e-3 of the rate.
_TOO_HIGH = math.log(1e3)
#: Stretches of a way of which no point is known, so that each climbs about evenly.
_STRETCHES = 8


class WaysScore(NamedTuple):
    """How far on one of several polygons the point is that is nearest to a place.

    Attributes
    ----------
    begins, stretches : ndarray, shape (stretches, n)
        Where each stretch of each polygon begins, and the vector to its end.
    before, within : ndarray, shape (stretches,)
        The share of its whole way that lies before a stretch, and in it.
    """

    begins: NDArray[np.float64]
    stretches: NDArray[np.float64]
    before: NDArray[np.float64]
    within: NDArray[np.float64]

    def score(self, x: Any) -> Any:
        """Return the share of the way at the nearest point."""
        nearest, found = np.inf, 0.0
        for row in range(self.before.size):
            along, length = 0.0, 0.0
            for axis in range(self.begins.shape[1]):
                along += (x[axis] - self.begins[row, axis]) * self.stretches[row, axis]
                length += self.stretches[row, axis] ** 2
            share = min(max(along / length, 0.0), 1.0)
            distance = 0.0
            for axis in range(self.begins.shape[1]):
                place = self.begins[row, axis] + share * self.stretches[row, axis]
                distance += (x[axis] - place) ** 2
            if distance < nearest:
                nearest, found = distance, self.before[row] + share * self.within[row]
        return found


def score_of_ways(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    ways: Sequence[Sequence[Position]],
    target: Target,
) -> Score:
    """Return the progress from ``start`` to the target's middle or plane.

    Where one way leads there, the distance covered; where several do, the share of the nearest,
    in noise strengths climbed and, by one such strength, in distance.

    Parameters
    ----------
    landscape : LandscapeLike
    noise : NoiseModel
    start : tuple of float
        Where all ways begin.
    ways : sequence of sequences of tuples of float
        Points between start and target, the saddles among them. Of ways that are too high to
        matter none is followed.
    target : Target
        On closed axes it has images, and ways that none of these points lead to are straight.
    """
    whole = [
        [start, *points, end_in(end, points[-1] if len(points) else start)]
        for points, end in ways_into(target, start, ways)
    ]
    if len(whole) == 1:
        return progress_along(whole[0])
    strength = float(np.linalg.norm(noise.matrix(len(start)), 2))
    whole = [_in_pieces(way) if len(way) == 2 else way for way in whole]
    climbs = [_climbs(landscape, noise, way) / strength for way in whole]
    lowest = min(float(climb.sum()) for climb in climbs)
    chosen = [
        _stretches(way, climb)
        for way, climb in zip(whole, climbs, strict=True)
        if climb.sum() <= lowest + _TOO_HIGH
    ]
    return WaysScore(*map(np.concatenate, zip(*chosen, strict=True)))


def _in_pieces(ends: Sequence[Position]) -> list[Position]:
    """Return points on the straight line between two."""
    return [tuple(map(float, point)) for point in np.linspace(ends[0], ends[1], _STRETCHES + 1)]


def _climbs(
    landscape: LandscapeLike, noise: NoiseModel, points: Sequence[Position]
) -> NDArray[np.float64]:
    """Return by how much each stretch lifts the highest potential so far."""
    with np.errstate(all="ignore"):
        heights = noise.potential(landscape, tuple(np.transpose(points)))
    return np.diff(np.maximum.accumulate(np.nan_to_num(heights, posinf=-math.inf)))


def _stretches(
    points: Sequence[Position], climbs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Return the attributes of :class:`WaysScore` for one polygon."""
    places = np.array(points, dtype=float)
    stretches = np.diff(places, axis=0)
    lengths = np.linalg.norm(stretches, axis=1)
    within = climbs + lengths / lengths.sum()
    within /= within.sum()
    return places[:-1], stretches, np.cumsum(within) - within, within
