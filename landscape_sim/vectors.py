"""Small vectors as tuples: the algebra that landscapes and dynamics are written in.

Numba does not compile comprehensions over tuples; the kernels register compiled
twins of these functions, so a method written with them runs at full speed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Vector = tuple[Any, ...]


def dot(x: Vector, y: Vector) -> Any:
    """Return ``Σ_i x_i y_i``.

    >>> dot((1.0, 2.0), (3.0, 4.0))
    11.0
    """
    return sum((x_i * y_i for x_i, y_i in zip(x, y, strict=True)), start=0.0)


def scale(a: Any, x: Vector) -> Vector:
    """Return ``a x``.

    >>> scale(2.0, (1.0, 3.0))
    (2.0, 6.0)
    """
    return tuple(a * x_i for x_i in x)


def multiply(x: Vector, y: Vector) -> Vector:
    """Return the element-wise product ``(x_i y_i)``.

    >>> multiply((1.0, 2.0), (3.0, 4.0))
    (3.0, 8.0)
    """
    return tuple(x_i * y_i for x_i, y_i in zip(x, y, strict=True))


def transform(rows: tuple[Vector, ...], x: Vector) -> Vector:
    """Return the product of a matrix, given by its rows, with ``x``.

    >>> transform(((1.0, 2.0), (0.0, 1.0)), (3.0, 4.0))
    (11.0, 4.0)
    """
    return tuple(dot(row, x) for row in rows)


def displace(x: Vector, a: Any, y: Vector) -> Vector:
    """Return ``x + a y``.

    >>> displace((1.0,), 2.0, (3.0,))
    (7.0,)
    """
    return tuple(x_i + a * y_i for x_i, y_i in zip(x, y, strict=True))


def reflect(x: Vector, low: Vector, high: Vector) -> Vector:
    """Return ``x``, folded back at the ends of a box by as much as it lies outside.

    What is still outside then, because a box is narrower, comes to its other end.

    >>> [float(x) for x in reflect((-0.25, 0.5, 3.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))]
    [0.25, 0.5, 0.0]
    """
    folded = []
    for x_i, a, b in zip(x, low, high, strict=True):
        above = np.where(x_i > b, np.maximum(2.0 * b - x_i, a), x_i)
        folded.append(np.where(x_i < a, np.minimum(2.0 * a - x_i, b), above))
    return tuple(folded)


def mirror(y: Vector, x: Vector, low: Vector, high: Vector) -> Vector:
    """Return ``y``, each ``y_i`` with the other sign where ``x_i`` lies outside a box.

    >>> [float(y) for y in mirror((1.0, 2.0), (-0.25, 0.5), (0.0, 0.0), (1.0, 1.0))]
    [-1.0, 2.0]
    """
    parts = zip(y, x, low, high, strict=True)
    return tuple(np.where((x_i < a) | (x_i > b), -y_i, y_i) for y_i, x_i, a, b in parts)


def wrap(x: Vector, low: Vector, high: Vector) -> Vector:
    """Return ``x``, moved by whole turns into a box that closes on itself.

    A coordinate whose two ends are equal is that of a line, and stays.

    >>> [float(x) for x in wrap((-0.25, 2.5, 7.0), (0.0, 0.0, 0.0), (1.0, 1.0, 0.0))]
    [0.75, 0.5, 7.0]
    """
    moved = []
    for x_i, a, b in zip(x, low, high, strict=True):
        turn = b - a
        turns = np.floor((x_i - a) / np.where(turn > 0.0, turn, 1.0))
        # Rounding leads beyond an end by a digit.
        within = np.minimum(np.maximum(x_i - turn * turns, a), b)
        moved.append(np.where(turn > 0.0, within, x_i))
    return tuple(moved)


def positive_reciprocal(a: Any) -> Any:
    """Return ``1/a``, or NaN if ``a`` is not positive and finite.

    Zero for an infinite ``a`` would let paths come back from where a loss overflows, in no time.

    >>> [float(positive_reciprocal(a)) for a in (4.0, -4.0, math.inf)]
    [0.25, nan, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((a > 0.0) & (a < math.inf), np.divide(1.0, a), math.nan)[()]
