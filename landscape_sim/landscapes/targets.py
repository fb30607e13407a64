"""Where a passage ends."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.validation import InputError, require_positive
from landscape_sim.vectors import Vector, displace, dot, scale

#: A normal this far from length one is not one by rounding.
_UNIT = 1e-9


class Target(Protocol):
    """A NamedTuple whose methods the kernels compile."""

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""

    def distance(self, x: Any, /) -> Any:
        """Return the distance from ``x`` to the boundary: positive outside, negative inside."""

    def direction(self, x: Any, /) -> Vector:
        """Return the unit vector at ``x`` that points straight into the target."""


class _Plane(NamedTuple):
    offset: float
    normal: Position


class HalfSpace(_Plane):
    """All positions beyond a plane; in one dimension, beyond a point.

    Attributes
    ----------
    offset : float
        Distance of the plane from the origin along ``normal``.
    normal : tuple of float
        Unit vector that points into the target.

    Raises
    ------
    InputError
        If the normal is not of length one, or a number is not finite.
    """

    __slots__ = ()

    def __new__(cls, offset: float, normal: Position) -> Self:
        """Return the half-space, its plane checked."""
        length = math.hypot(*normal)
        if not (abs(length - 1.0) <= _UNIT and math.isfinite(offset)):
            raise InputError(
                f"HalfSpace needs a finite offset and a normal of length one, got {offset!r} and "
                f"{normal!r} of length {length:g}; see HalfSpace.beyond"
            )
        return super().__new__(cls, offset, normal)

    @classmethod
    def beyond(cls, point: Position, seen_from: Position) -> HalfSpace:
        """Return the half-space behind ``point``, its plane facing ``seen_from``.

        Raises
        ------
        InputError
            If the two are one point, or differ in their dimension.

        Examples
        --------
        >>> HalfSpace.beyond((1.0,), seen_from=(-1.0,))
        HalfSpace(offset=1.0, normal=(1.0,))
        """
        if len(point) != len(seen_from):
            raise InputError(
                f"point {point!r} and seen_from {seen_from!r} must have as many coordinates"
            )
        difference = tuple(p - s for p, s in zip(point, seen_from, strict=True))
        length = dot(difference, difference) ** 0.5
        if not length > 0.0:
            raise InputError(f"no plane lies between {point!r} and itself; give another seen_from")
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


class _Sphere(NamedTuple):
    centre: Position
    radius: float


class _CheckedSphere(_Sphere):
    __slots__ = ()

    def __new__(cls, centre: Position, radius: float) -> Self:
        """Return the target, its radius checked."""
        require_positive(f"the radius of {cls.__name__}", radius)
        return super().__new__(cls, centre, radius)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return len(self.centre)


class Ball(_CheckedSphere):
    """All positions within ``radius`` of ``centre``.

    Attributes
    ----------
    centre : tuple of float
        The ``n`` coordinates of the middle.
    radius : float
        Positive, or an InputError is raised.
    """

    __slots__ = ()

    def distance(self, x: Any) -> Any:
        """Return the distance from ``x`` to the sphere: positive outside, negative inside."""
        outward = displace(x, -1.0, self.centre)
        return np.sqrt(dot(outward, outward)) - self.radius

    def direction(self, x: Any) -> Vector:
        """Return the unit vector from ``x`` to the centre."""
        outward = displace(x, -1.0, self.centre)
        return scale(-1.0 / np.sqrt(dot(outward, outward)), outward)


class Outside(_CheckedSphere):
    """All positions that are at least ``radius`` from ``centre``: in one dimension, two sides.

    Attributes
    ----------
    centre : tuple of float
        The ``n`` coordinates of the middle.
    radius : float
        Positive, or an InputError is raised.
    """

    __slots__ = ()

    def distance(self, x: Any) -> Any:
        """Return the distance to the sphere: positive within it, negative beyond."""
        outward = displace(x, -1.0, self.centre)
        return self.radius - np.sqrt(dot(outward, outward))

    def direction(self, x: Any) -> Vector:
        """Return the unit vector from the centre to ``x``."""
        outward = displace(x, -1.0, self.centre)
        return scale(1.0 / np.sqrt(dot(outward, outward)), outward)


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
    radius = require_positive("target_radius", radius)
    if len(destination) == 1:
        return HalfSpace.beyond(destination, seen_from=start)
    return Ball(destination, radius)


def check_passage(landscape: LandscapeLike | None, start: Position, target: Target) -> None:
    """Refuse a start that is not outside the target, and dimensions that differ.

    Raises
    ------
    InputError
        If landscape, start and target do not have as many coordinates, the start is not finite,
        or it lies in the target.
    """
    if landscape is not None:
        check_position(landscape, start)
    if len(start) != target.dimension:
        raise InputError(
            f"start {start!r} must have {target.dimension} coordinates like {target!r}"
        )
    if not target.distance(start) > 0.0:
        raise InputError(f"start {start!r} lies inside the target; begin in front of it")


def check_position(landscape: LandscapeLike, start: Position) -> None:
    """Refuse a start that is not finite, or has not as many coordinates as the landscape.

    Raises
    ------
    InputError
        For either.
    """
    if not all(map(math.isfinite, start)):
        raise InputError(f"start {start!r} must be finite")
    try:
        dimension = len(landscape.gradient(start))
    except (IndexError, TypeError, ValueError):
        dimension = -1
    if dimension != len(start):
        raise InputError(
            f"start {start!r} has {len(start)} coordinates, and {landscape!r} has another number; "
            "give one for each variable"
        )
