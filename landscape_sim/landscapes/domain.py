"""Positions and domains as they are given: read once, as tuples of floats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from landscape_sim.landscapes.contract import Position
from landscape_sim.validation import InputError, as_float

#: For each coordinate an interval ``(low, high)``; an end may be infinite.
Domain = tuple[tuple[float, float], ...]


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
    return tuple((low, high) for low, high in pairs)


def require_within(domain: Domain, name: str, position: Position) -> None:
    """Refuse a position outside the domain.

    Raises
    ------
    InputError
        If it is.
    """
    if not all(low <= x <= high for (low, high), x in zip(domain, position, strict=True)):
        raise InputError(f"domain {domain!r} does not hold {name} {position!r}; widen it")


def _numbers(values: Any) -> tuple[float, ...]:
    """Return the values as floats, NaN for what is no number; nothing if there is no sequence."""
    return tuple(map(as_float, _items(values)))


def _items(values: Any) -> tuple[Any, ...]:
    try:
        return tuple(values)
    except TypeError:
        return ()
