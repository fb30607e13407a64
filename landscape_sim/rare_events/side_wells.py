"""Wells beside the way: which there are, how they are joined, and for how long paths stay there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from landscape_sim.dynamics import Dynamics
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.landscapes import CriticalPoint, LandscapeLike, Position, Target
from landscape_sim.landscapes.descent import Descent, descend, same_place
from landscape_sim.landscapes.polygon import spread_evenly
from landscape_sim.landscapes.saddle_pass import lowest_passes
from landscape_sim.rare_events.regions import union
from landscape_sim.validation import InputError
from landscape_sim.vectors import wrap

#: Where a passage ends that ends in the target.
TARGET = -1
#: Points of the way over a saddle, its ends included.
_WAY_POINTS = 10
#: Paths whose visit to a well is measured.
_VISITORS = 64


class Passage(NamedTuple):
    """The ways from a well over one saddle each into another, or into the target.

    Attributes
    ----------
    start, end : int
        Numbers of the wells; the end may be ``TARGET``.
    ways : tuple of tuples of tuple of float
        Points between both, along each.
    """

    start: int
    end: int
    ways: tuple[tuple[Position, ...], ...]


@dataclass(frozen=True)
class WellMap:
    """The wells that paths can visit before they reach the target, and how they are joined.

    Attributes
    ----------
    minima : tuple of tuple of float
        That of the start first.
    passages : tuple of Passage
        One for each ordered pair that a saddle joins.
    """

    minima: tuple[Position, ...]
    passages: tuple[Passage, ...]

    def within_turn(self, low: Position, high: Position) -> WellMap:
        """Return the same within one turn of closed axes, where straight ways have to do."""
        return WellMap(
            tuple(tuple(map(float, wrap(one, low, high))) for one in self.minima),
            tuple(passage._replace(ways=((),)) for passage in self.passages),
        )

    def passages_between(self, states: Sequence[int]) -> list[Passage]:
        """Return the passages from each of ``states`` to others and the target, by any other well.

        Of several the ways over the fewest saddles.
        """
        return [passage for state in states for passage in self._from(state, states)]

    def _from(self, state: int, states: Sequence[int]) -> list[Passage]:
        found = [Passage(state, state, ((),))]
        for come in found:  # which grows meanwhile: a breadth-first search
            if come.end != state and (come.end == TARGET or come.end in states):
                continue
            for over in self.passages:
                if over.start == come.end and over.end not in [known.end for known in found]:
                    middle = () if come.end == state else (self.minima[come.end],)
                    ways = product(come.ways, over.ways)
                    joined = tuple((*so_far, *middle, *way) for so_far, way in ways)
                    found.append(Passage(state, over.end, joined))
        return [one for one in found[1:] if one.end == TARGET or one.end in states]


def map_wells(landscape: LandscapeLike, start: Position, target: Target) -> WellMap:
    """Return the wells around ``start`` that are found, as far as the target.

    The search is that of :func:`find_critical_points`, which cannot promise to find them all.
    Where none of the wells leads into the target, that of the start is taken to.
    """
    alone = WellMap((start,), (Passage(0, TARGET, ((),)),))
    try:
        home = descend(landscape, start, "start").minimum
        passes = list(lowest_passes(landscape))
    except InputError:
        return alone
    minima = [home]
    found: dict[tuple[int, int], list[tuple[Position, ...]]] = {}
    reached = 0
    while reached < len(minima):
        for over in passes:
            sides = over.oriented(landscape, minima[reached], None)
            if sides is None:
                continue
            end = _number(landscape, sides[1].minimum, minima, target)
            ways = found.setdefault((reached, end), [])
            way = _way(*sides)
            # On a line they are all the same.
            ways += [way] if way not in ways else []
        reached += 1
    if not any(end == TARGET for _, end in found):
        found[0, TARGET] = [()]
    places = (start, *(minimum.position for minimum in minima[1:]))
    return WellMap(places, tuple(Passage(*pair, tuple(ways)) for pair, ways in found.items()))


def _number(
    landscape: LandscapeLike, minimum: CriticalPoint, minima: list[CriticalPoint], target: Target
) -> int:
    """Return the number of a minimum, which joins ``minima`` if it is new."""
    if not target.distance(minimum.position) > 0.0:
        return TARGET
    for number, known in enumerate(minima):
        if same_place(landscape, known, minimum):
            return number
    minima.append(minimum)
    return len(minima) - 1


def _way(near: Descent, far: Descent) -> tuple[Position, ...]:
    if len(near.minimum.position) == 1:
        return ()
    path = np.vstack([near.path[::-1], far.path])
    return tuple(tuple(map(float, point)) for point in spread_evenly(path, _WAY_POINTS)[1:-1])


def mean_visit(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    well: Position,
    ends: Sequence[Target],
    longest: float,
    seed: int,
) -> float:
    """Return the mean time from a well's minimum to one of ``ends``, infinite beyond ``longest``.

    It is infinite where fewer than half of some paths arrive in time; roughly right otherwise.
    """
    target = union(ends)
    if not target.distance(well) > 0.0:
        return 0.0
    sample = simulate_first_passage(
        landscape, dynamics, well, target, n_paths=_VISITORS, max_time=longest, seed=seed
    )
    if 2 * sample.n_events < _VISITORS:
        return float("inf")
    return float(sample.exposure / sample.n_events)
