"""Where a passage ends."""

from __future__ import annotations

from typing import Any, NamedTuple

from landscape_sim.landscapes.contract import Position
from landscape_sim.vectors import dot


class HalfSpace(NamedTuple):
    """All positions beyond a plane; in one dimension, beyond a point.

    Attributes
    ----------
    offset : float
        Distance of the plane from the origin along ``normal``.
    normal : tuple of float
        Unit vector that points into the target.
    """

    offset: float
    normal: Position

    @classmethod
    def beyond(cls, point: Position, seen_from: Position) -> HalfSpace:
        """Return the half-space behind ``point``, its plane facing ``seen_from``.

        Examples
        --------
        >>> HalfSpace.beyond((1.0,), seen_from=(-1.0,))
        HalfSpace(offset=1.0, normal=(1.0,))
        """
        difference = tuple(p - s for p, s in zip(point, seen_from, strict=True))
        length = dot(difference, difference) ** 0.5
        normal = tuple(component / length for component in difference)
        return cls(dot(normal, point), normal)

    def distance(self, x: Any) -> Any:
        """Return the distance from ``x`` to the plane: positive outside, negative inside."""
        return self.offset - dot(self.normal, x)
