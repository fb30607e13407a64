"""Regions of several parts: where excursions return to, and where paths begin again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple


class Inside(NamedTuple):
    """The inside of a target, as a region that excursions return to.

    Attributes
    ----------
    target : Target
        The target.
    """

    target: Any

    def excess(self, x: Any) -> Any:
        """Return the distance to the target's boundary; negative inside."""
        return self.target.distance(x)


class Union(NamedTuple):
    """All positions in one of two regions, of which either can be a union itself.

    Attributes
    ----------
    first, second : NamedTuple
        Both regions that excursions return to, or both targets.
    """

    first: Any
    second: Any

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return int(self.first.dimension)

    def excess(self, x: Any) -> Any:
        """Return the smaller excess; negative inside."""
        return min(self.first.excess(x), self.second.excess(x))

    def distance(self, x: Any) -> Any:
        """Return the distance to the nearer target."""
        return min(self.first.distance(x), self.second.distance(x))

    def direction(self, x: Any) -> Any:
        """Return the unit vector towards the nearer target."""
        if self.first.distance(x) < self.second.distance(x):
            return self.first.direction(x)
        return self.second.direction(x)


def union(regions: Sequence[Any]) -> Any:
    """Return the union of one region or more; of one, itself."""
    return reduce(Union, regions)
