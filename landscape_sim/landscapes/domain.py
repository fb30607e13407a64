"""Positions and domains as they are given: read once, as tuples of floats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import InputError, as_float

#: Correlations below this share of the largest strength are rounding.
_UNCORRELATED = 1e-9

#: For each coordinate an interval ``(low, high)``; an end may be infinite.
Domain = tuple[tuple[float, float], ...]


class Periodic(NamedTuple):
    """An axis that closes on itself, an angle for instance: both ends are one place.

    In :class:`Walls` it takes the place of a pair.

    Attributes
    ----------
    low, high : float
        One turn apart. A position beyond them is as good as that within.
    """

    low: float
    high: float

    @property
    def turn(self) -> float:
        """The length of the axis."""
        return float(self.high - self.low)


class Walls(Domain):
    """A domain whose ends are walls that reflect paths: nothing flows through them.

    Given in place of a domain. Nobody asks for the loss outside, and a passage needs nothing there.
    An end at infinity is no wall, and an axis that is :class:`Periodic` closes on itself.

    Examples
    --------
    >>> Walls([(-2, 2), (0, float("inf"))])
    Walls(((-2, 2), (0, inf)))
    >>> Walls([(-2, 2), Periodic(0, 6)])
    Walls(((-2, 2), Periodic(low=0, high=6)))
    """

    __slots__ = ()

    @property
    def low(self) -> Position:
        """The lower ends, where walls stand; minus infinity along a closed axis."""
        return tuple(-math.inf if isinstance(side, Periodic) else float(side[0]) for side in self)

    @property
    def high(self) -> Position:
        """The upper ends, where walls stand; infinity along a closed axis."""
        return tuple(math.inf if isinstance(side, Periodic) else float(side[1]) for side in self)

    @property
    def turns(self) -> tuple[Position, Position]:
        """The ends of one turn of every axis; both zero if it does not close."""
        ends = [side if isinstance(side, Periodic) else (0.0, 0.0) for side in self]
        return tuple(float(a) for a, _ in ends), tuple(float(b) for _, b in ends)

    @property
    def reflects(self) -> bool:
        """Whether there is a wall that reflects."""
        return any(map(math.isfinite, (*self.low, *self.high)))

    @property
    def closes(self) -> bool:
        """Whether an axis closes on itself."""
        return any(isinstance(side, Periodic) for side in self)

    def __repr__(self) -> str:
        return f"Walls({tuple(self)!r})"


def read_position(name: str, position: Iterable[float]) -> Position:
    """Return a position, given as any sequence of numbers, as a tuple of floats.

    Raises
    ------
    InputError
        If it is no sequence of finite numbers.

    Examples
    --------
    >>> read_position("start", [0, 1])
    (0.0, 1.0)
    """
    numbers = _numbers(position)
    if not numbers or not all(map(math.isfinite, numbers)):
        raise InputError(
            f"{name} must be finite numbers, one for each coordinate, such as (-1.0,) or "
            f"(-1.0, 0.0), got {position!r}"
        )
    return numbers


def read_domain(domain: Iterable[Iterable[float]], dimension: int) -> Domain:
    """Return a domain, given as any sequence of pairs, as a tuple of pairs of floats.

    Walls remain walls.

    Raises
    ------
    InputError
        If it has not as many intervals, or one of them is empty.

    Examples
    --------
    >>> read_domain([(-2, 2)], 1)
    ((-2.0, 2.0),)
    """
    sides = _items(domain)
    pairs = tuple(map(_numbers, sides))
    if len(pairs) != dimension or not all(len(p) == 2 and p[0] < p[1] for p in pairs):
        example = ", ".join(["(-2, 2)"] * dimension)
        raise InputError(
            f"domain must give an interval (low, high) for each of {dimension} coordinates, such "
            f"as [{example}], got {domain!r}"
        )
    if not isinstance(domain, Walls):
        if any(isinstance(side, Periodic) for side in sides):
            raise InputError(
                f"a periodic axis belongs to Walls, whose other ends reflect, got {domain!r}; give "
                f"Walls({domain!r}), with infinite ends where nothing reflects"
            )
        return tuple((low, high) for low, high in pairs)
    return Walls(
        _closed(low, high) if isinstance(side, Periodic) else (low, high)
        for side, (low, high) in zip(sides, pairs, strict=True)
    )


def _closed(low: float, high: float) -> Periodic:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"a periodic axis needs finite ends, got {low!r} and {high!r}; give both")
    return Periodic(low, high)


def require_within(domain: Domain, name: str, position: Position) -> None:
    """Refuse a position outside the domain; along a closed axis there is none.

    Raises
    ------
    InputError
        If it is.
    """
    if len(position) != len(domain) or not all(
        isinstance(side, Periodic) or side[0] <= x <= side[1]
        for side, x in zip(domain, position, strict=True)
    ):
        raise InputError(f"domain {domain!r} does not hold {name} {position!r}; widen it")


def require_no_noise_across(domain: Domain, matrix: ArrayLike) -> None:
    """Refuse noise of this matrix that walls would reflect obliquely.

    Raises
    ------
    InputError
        If the domain has walls, and the noise across one of them is correlated with another.
    """
    if not isinstance(domain, Walls):
        return
    strengths = np.abs(np.asarray(matrix))
    across = strengths.sum(axis=1) - np.diag(strengths)
    for low, high, correlated in zip(domain.low, domain.high, across, strict=True):
        if (
            math.isfinite(low) or math.isfinite(high)
        ) and correlated > _UNCORRELATED * strengths.max():
            raise InputError(
                f"the noise across the wall at {low if math.isfinite(low) else high:g} is "
                "correlated with that along it, and what a wall then does is not one thing; use "
                "noise without such a correlation, or leave the walls out"
            )


def _numbers(values: Any) -> tuple[float, ...]:
    """Return the values as floats, NaN for what is no number; nothing if there is no sequence."""
    return tuple(map(as_float, _items(values)))


def _items(values: Any) -> tuple[Any, ...]:
    try:
        return tuple(values)
    except TypeError:
        return ()
