"""Saddles with the two minima that they join, and the wells on the way between two others."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, quiet
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import (
    RESOLUTION,
    classify,
    identity,
    is_flat,
    known_critical_points,
)
from landscape_sim.landscapes.descent import Descent, coordinates, descend, same_place
from landscape_sim.landscapes.mountain_pass import (
    FINE,
    climb_to_saddle,
    string_maxima,
    wide_bends,
)
from landscape_sim.validation import InputError

#: First step down from a saddle, as a fraction of the search box.
_NUDGE = 1e-4
#: Wide strings are spanned to so many minima, the closest ones.
_MOST_GOALS = 3


@dataclass(frozen=True, eq=False)
class MountainPass:
    """A saddle and the descents on its two sides.

    Attributes
    ----------
    saddle : CriticalPoint
        Of index 1.
    sides : tuple of Descent
        Sorted by the coordinates of their minima.
    """

    saddle: CriticalPoint
    sides: tuple[Descent, Descent]

    def oriented(
        self, landscape: LandscapeLike, start: CriticalPoint | None, goal: CriticalPoint | None
    ) -> tuple[Descent, Descent] | None:
        """Return the sides in the order from ``start`` to ``goal``, or None if it joins others.

        None stands for any minimum.
        """
        for near, far in (self.sides, self.sides[::-1]):
            leaves = start is None or same_place(landscape, near.minimum, start)
            arrives = goal is None or same_place(landscape, far.minimum, goal)
            if leaves and arrives and not same_place(landscape, near.minimum, far.minimum):
                return near, far
        return None

    def __str__(self) -> str:
        one, other = (coordinates(side.minimum.position) for side in self.sides)
        top = coordinates(self.saddle.position)
        return f"the saddle {top} joins the minima {one} and {other}"


def lowest_passes(landscape: LandscapeLike) -> list[MountainPass]:
    """Return the passes over the saddles of :func:`find_critical_points`, the lowest first."""
    saddles = [point for point in known_critical_points(landscape) if point.index == 1]
    found = [pass_over(landscape, saddle.position) for saddle in saddles]
    return sorted((over for over in found if over is not None), key=lambda over: over.saddle.loss)


def passes_out_of(
    landscape: LandscapeLike, start: CriticalPoint, goals: Sequence[CriticalPoint]
) -> list[MountainPass]:
    """Return the known passes, those on wide strings from ``start`` included, the lowest first.

    The strings lead to the closest of the goals, on several sides of the straight line: each
    finds the pass on its own side.
    """
    found = lowest_passes(landscape)
    box = SearchBox.of(landscape)
    others = [goal for goal in goals if not same_place(landscape, goal, start)]
    others.sort(key=lambda goal: box.distance(goal.position, start.position))
    for goal in others[:_MOST_GOALS]:
        ends = box.images_around(goal.position, start.position)
        for saddle in (one for end in ends for one in _wide_saddles(landscape, start, end)):
            if not any(box.distance(saddle, over.saddle.position) < RESOLUTION for over in found):
                over = pass_over(landscape, saddle)
                found += [over] if over is not None else []
    return sorted(found, key=lambda over: over.saddle.loss)


def _wide_saddles(
    landscape: LandscapeLike, start: CriticalPoint, goal: Position
) -> tuple[Position, ...]:
    # Cached: the way out of a well and the ways to its target ask for the same strings.
    key = identity(landscape)
    return _saddles_on_bends(cast(Hashable, landscape), key, start.position, goal)


@lru_cache(maxsize=256)
def _saddles_on_bends(
    landscape: Any, key: Any, start: Position, goal: Position
) -> tuple[Position, ...]:
    if len(start) == 1:
        return ()
    with quiet():
        return tuple(
            saddle
            for bend in wide_bends(start, goal)
            for saddle in _saddles_above(
                landscape, string_maxima(landscape, start, goal, bend=bend)
            )
        )


def passes_on_fine_strings(
    landscape: LandscapeLike, start: CriticalPoint, goals: Sequence[CriticalPoint]
) -> Iterator[MountainPass]:
    """Yield the passes that fine strings from ``start`` to each goal lead over."""
    for goal in goals:
        if not same_place(landscape, goal, start):
            with quiet():
                tops = string_maxima(landscape, start.position, goal.position, FINE)
            for saddle in _saddles_above(landscape, tops):
                over = pass_over(landscape, saddle)
                if over is not None:
                    yield over


def _saddles_above(
    landscape: LandscapeLike, tops: Sequence[NDArray[np.float64]]
) -> Iterator[Position]:
    """Yield the saddles that climbs from the tops of strings meet."""
    for top in tops:
        saddle = climb_to_saddle(landscape, top)
        if saddle is not None:
            yield tuple(map(float, saddle))


def pass_over(landscape: LandscapeLike, position: Position) -> MountainPass | None:
    """Return the pass over the saddle at ``position``, None if a side leads to no minimum."""
    return _pass_over(cast(Hashable, landscape), identity(landscape), position)


def descents(landscape: LandscapeLike, saddle: CriticalPoint) -> tuple[Descent, Descent]:
    """Return the descents on both sides of ``saddle``, sorted by their minima.

    Raises
    ------
    InputError
        If one of them ends in no minimum, or in a flat one.
    """
    nudge = _NUDGE * SearchBox.of(landscape).size * saddle.eigenvectors[:, 0]
    name = "the position beside a saddle,"
    one, other = sorted(
        (
            descend(landscape, tuple(map(float, saddle.position + sign * nudge)), name)
            for sign in (-1.0, 1.0)
        ),
        key=lambda side: side.minimum.position,
    )
    return one, other


@lru_cache(maxsize=1024)
def _pass_over(landscape: Any, key: Any, position: Position) -> MountainPass | None:
    saddle = classify(landscape, position)
    if is_flat(landscape, saddle):
        return None
    try:
        with quiet():
            return MountainPass(saddle, descents(landscape, saddle))
    except InputError:
        return None


def wells_between(
    landscape: LandscapeLike, start: CriticalPoint, goal: CriticalPoint
) -> list[CriticalPoint]:
    """Return the minima passed between two others by the fewest saddles; empty if none is known."""
    ways, seen = [[start]], [start]
    for way in ways:  # which grows meanwhile: a breadth-first search
        for found in lowest_passes(landscape):
            sides = found.oriented(landscape, way[-1], None)
            if sides is None:
                continue
            beyond = sides[1].minimum
            if same_place(landscape, beyond, goal):
                return way[1:]
            if not any(same_place(landscape, beyond, minimum) for minimum in seen):
                seen.append(beyond)
                ways.append([*way, beyond])
    return []
