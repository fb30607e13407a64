"""Positions and domains as they are given: read once, as tuples of floats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import InputError, as_float

#: Correlations below this share of the largest strength are rounding.
_UNCORRELATED = 1e-9

#: For each coordinate an interval ``(low, high)``; an end may be infinite.
Domain = tuple[tuple[float, float], ...]


class Walls(Domain):
    """A domain whose ends are walls that reflect paths: nothing flows through them.

    Given in place of a domain. Nobody asks for the loss outside, and a passage needs nothing there.
    An end at infinity is no wall.

    Examples
    --------
    >>> Walls([(-2, 2), (0, float("inf"))])
    Walls(((-2, 2), (0, inf)))
    """

    __slots__ = ()

    @property
    def low(self) -> Position:
        """The lower ends."""
        return tuple(float(low) for low, _ in self)

    @property
    def high(self) -> Position:
        """The upper ends."""
        return tuple(float(high) for _, high in self)

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
    pairs = tuple(map(_numbers, _items(domain)))
    if len(pairs) != dimension or not all(len(p) == 2 and p[0] < p[1] for p in pairs):
        example = ", ".join(["(-2, 2)"] * dimension)
        raise InputError(
            f"domain must give an interval (low, high) for each of {dimension} coordinates, such "
            f"as [{example}], got {domain!r}"
        )
    return (Walls if isinstance(domain, Walls) else tuple)((low, high) for low, high in pairs)


def require_within(domain: Domain, name: str, position: Position) -> None:
    """Refuse a position outside the domain.

    Raises
    ------
    InputError
        If it is.
    """
    if len(position) != len(domain) or not all(
        low <= x <= high for (low, high), x in zip(domain, position, strict=True)
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
    for (low, high), correlated in zip(domain, across, strict=True):
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
