"""Scores: how far an escape has come, as splitting is told.

A score is a NamedTuple with a method ``score(x)`` that grows on the way to the target and is
compiled like a landscape. A bad one makes splitting slower, never wrong; only its order
matters, not its scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np

from landscape_sim.landscapes import Ball, Position, Target, channels
from landscape_sim.rare_events.core import Core
from landscape_sim.validation import InputError
from landscape_sim.vectors import Vector, displace, dot, scale

#: One minus the cosine of the angle below which two stretches are one.
_STRAIGHT = 1e-9
#: Points at which a score is looked at on a line.
_CHECKED = 401


class Score(Protocol):
    """A NamedTuple whose method the kernels compile."""

    def score(self, x: Any, /) -> Any:
        """Return how far on the way to the target ``x`` is, on any increasing scale."""


class Stretch(NamedTuple):
    """Progress along a straight stretch of a route: the projection onto it.

    Attributes
    ----------
    unit : tuple of float
        Its direction.
    offset : float
        Projection of the stretch's beginning.
    length : float
        Of the stretch; the score stays within 0 and ``length``.
    """

    unit: Vector
    offset: float
    length: float

    def score(self, x: Any) -> Any:
        """Return the distance covered of this stretch."""
        return min(max(dot(self.unit, x) - self.offset, 0.0), self.length)


class Route(NamedTuple):
    """Progress along a polygon: the sum of what is covered of each stretch.

    Attributes
    ----------
    first : Stretch
        The first stretch.
    rest : Stretch or Route
        What follows.
    """

    first: Stretch
    rest: Any

    def score(self, x: Any) -> Any:
        """Return the distance covered."""
        return self.first.score(x) + self.rest.score(x)


def progress_along(points: Sequence[Position]) -> Stretch | Route:
    """Return the progress along the polygon through ``points``.

    A point that lies straight between its neighbours changes nothing and is left out.

    Raises
    ------
    InputError
        If there are fewer than two points, or two that follow one another coincide.

    Examples
    --------
    >>> progress_along([(0.0, 0.0), (1.0, 0.0), (1.0, 2.0)]).score((1.0, 0.5))
    1.5
    """
    if len(points) < 2:
        raise InputError(f"a route needs two points at least, got {list(points)!r}")
    stretches = [_stretch(points[0], points[1])]
    for begin, end in pairwise(points[1:]):
        last, following = stretches[-1], _stretch(begin, end)
        if 1.0 - dot(last.unit, following.unit) < _STRAIGHT:
            stretches[-1] = last._replace(length=last.length + following.length)
        else:
            stretches.append(following)
    whole: Stretch | Route = stretches.pop()
    while stretches:
        whole = Route(stretches.pop(), whole)
    return whole


def _stretch(begin: Position, end: Position) -> Stretch:
    difference = displace(end, -1.0, begin)
    length = float(np.sqrt(dot(difference, difference)))
    if not length > 0.0:
        raise InputError(f"the route has the point {begin!r} twice; leave one out")
    unit = scale(1.0 / length, difference)
    return Stretch(unit, dot(unit, begin), length)


def end_in(target: Target, last: Position) -> Position:
    """Return the middle of the target, or the point of its plane that is next to ``last``.

    Where several ways lead there, that of the first.
    """
    target = channels(target, last)[0]
    if isinstance(target, Ball | Core):
        return target.centre
    return displace(last, float(target.distance(last)), target.direction(last))


def check_score(score: Score, start: Position, target: Target) -> None:
    """Refuse a score that is not finite, or in the target no larger than at ``start``.

    In one dimension it has to be finite everywhere between; in more, paths show.

    Raises
    ------
    InputError
        For either; naming a place.
    """
    end = end_in(target, start)
    ways = np.linspace(start, end, _CHECKED if len(start) == 1 else 2)
    with np.errstate(all="ignore"):
        values = [float(score.score(tuple(map(float, point)))) for point in ways]
    for point, value in zip(ways, values, strict=True):
        if not np.isfinite(value):
            raise InputError(
                f"the score is {value!r} at {tuple(map(float, point))!r}; use one that is finite "
                "wherever a path can go"
            )
    if not values[-1] > values[0]:
        raise InputError(
            f"the score falls from {values[0]:.6g} at the start to {values[-1]:.6g} in the target; "
            "use one that grows towards it"
        )


def as_compiled(score: Any) -> Any:
    """Return the score with every number a float and every array contiguous double precision."""
    if isinstance(score, np.ndarray):
        return np.ascontiguousarray(score, dtype=np.float64)
    if isinstance(score, tuple):
        fields = [as_compiled(field) for field in score]
        return type(score)(*fields) if hasattr(score, "_fields") else tuple(fields)
    return float(score)
