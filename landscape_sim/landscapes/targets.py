"""Where a passage ends."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import require_positive
from landscape_sim.vectors import Vector, displace, dot, scale


class Target(Protocol):
    """A NamedTuple whose methods the kernels compile."""

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""

    def distance(self, x: Any, /) -> Any:
        """Return the distance from ``x`` to the boundary: positive outside, negative inside."""

    def direction(self, x: Any, /) -> Vector:
        """Return the unit vector at ``x`` that points straight into the target."""


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

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return len(self.normal)

    def distance(self, x: Any) -> Any:
        """Return the distance from ``x`` to the plane: positive outside, negative inside."""
        return self.offset - dot(self.normal, x)

    def direction(self, x: Any) -> Vector:
        """Return the plane's normal."""
        return self.normal


class Ball(NamedTuple):
    """All positions within ``radius`` of ``centre``.

    Attributes
    ----------
    centre : tuple of float
        The ``n`` coordinates of the middle.
    radius : float
        Positive.
    """

    centre: Position
    radius: float

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return len(self.centre)

    def distance(self, x: Any) -> Any:
        """Return the distance from ``x`` to the sphere: positive outside, negative inside."""
        outward = displace(x, -1.0, self.centre)
        return np.sqrt(dot(outward, outward)) - self.radius

    def direction(self, x: Any) -> Vector:
        """Return the unit vector from ``x`` to the centre."""
        outward = displace(x, -1.0, self.centre)
        return scale(-1.0 / np.sqrt(dot(outward, outward)), outward)


def escape_target(destination: Position, start: Position, radius: float) -> HalfSpace | Ball:
    """Return where an escape from ``start`` to the minimum ``destination`` ends.

    In one dimension that is the minimum itself; in more dimensions, where a point is
    never met, the ball of this radius around it.

    Raises
    ------
    InputError
        If the radius is not positive.

    Examples
    --------
    >>> escape_target((1.0, 0.0), (-1.0, 0.0), radius=0.25)
    Ball(centre=(1.0, 0.0), radius=0.25)
    """
    if len(destination) == 1:
        return HalfSpace.beyond(destination, seen_from=start)
    return Ball(destination, require_positive("target_radius", radius))
