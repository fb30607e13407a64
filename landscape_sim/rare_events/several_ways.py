"""The score where several ways lead to a target: that of the way that is most advanced.

A score along one of two ways forgets the other: all walkers that are selected are on the first,
and the rate is that of one way. Along either, a place counts for what is hard to come by there,
the height climbed in units of the noise, so that equal scores are about equally likely on all ways
and selection favours none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import NoiseModel
from landscape_sim.landscapes import LandscapeLike, Position, Target, ways_into
from landscape_sim.rare_events.scores import Score, end_in, progress_along

#: A way over a top so many noise strengths above the lowest has less than 1e-3 of the rate.
_TOO_HIGH = math.log(1e3)
#: Stretches that a way has at least, so that each climbs about evenly.
_FEWEST_STRETCHES = 8
#: Places at which a stretch is looked at, its ends included.
_LOOKS = 5


class Share(NamedTuple):
    """A progress as a share of the whole way.

    Attributes
    ----------
    progress : Stretch or Route
        Along the way.
    length : float
        Of it.
    """

    progress: Any
    length: float

    def score(self, x: Any) -> Any:
        """Return the share of the way."""
        return self.progress.score(x) / self.length


class Either(NamedTuple):
    """The larger of two scores, one for each way.

    Attributes
    ----------
    first, second : Score
        One where its way ends, or another ``Either``.
    """

    first: Any
    second: Any

    def score(self, x: Any) -> Any:
        """Return the larger score."""
        return max(self.first.score(x), self.second.score(x))


def score_of_ways(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    ways: Sequence[Sequence[Position]],
    target: Target,
) -> Score:
    """Return the progress from ``start`` to the target's middle or plane.

    Where one way leads there, the distance covered; where several do, the share of the most
    advanced, in noise strengths climbed and, by one such strength, in distance.

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
        _Way([start, *points, end_in(end, points[-1] if len(points) else start)], len(points) > 0)
        for points, end in ways_into(target, start, ways)
    ]
    if len(whole) == 1:
        return progress_along(whole[0].points)
    strength = float(np.linalg.norm(noise.matrix(len(start)), 2))
    whole = [way._replace(points=_in_pieces(way.points)) for way in whole]
    climbs = [_climbs(landscape, noise, way.points) / strength for way in whole]
    lowest = min(float(climb.sum()) for climb in climbs)
    shares = [
        _share(way.points, climb)
        for way, climb in zip(whole, climbs, strict=True)
        if not way.is_known or climb.sum() <= lowest + _TOO_HIGH
    ]
    return reduce(Either, shares)


class _Way(NamedTuple):
    points: list[Position]
    is_known: bool


def _in_pieces(points: Sequence[Position]) -> list[Position]:
    """Return the points of a polygon, with more between them where they are few."""
    n_pieces = math.ceil(_FEWEST_STRETCHES / (len(points) - 1))
    found = [points[0]]
    for begin, end in pairwise(points):
        found += [tuple(map(float, x)) for x in np.linspace(begin, end, n_pieces + 1)[1:]]
    return found


def _climbs(
    landscape: LandscapeLike, noise: NoiseModel, points: Sequence[Position]
) -> NDArray[np.float64]:
    """Return by how much each stretch lifts the highest potential so far."""
    tops = []
    for begin, end in pairwise(points):
        places = np.linspace(begin, end, _LOOKS)
        with np.errstate(all="ignore"):
            heights = np.asarray(noise.potential(landscape, tuple(places.T)), dtype=float)
        tops.append(np.max(np.nan_to_num(heights, nan=-math.inf, posinf=-math.inf)))
    first = float(noise.potential(landscape, points[0]))
    return np.diff(np.maximum.accumulate(np.array([first, *tops])))


def _share(points: Sequence[Position], climbs: NDArray[np.float64]) -> Share:
    """Return the progress along a polygon, whose stretches count for climb and distance."""
    lengths = np.array([math.dist(*ends) for ends in pairwise(points)])
    weights = (climbs + lengths / lengths.sum()) / lengths
    progress = progress_along(points, weights)
    return Share(progress, float(progress.score(points[-1])))
