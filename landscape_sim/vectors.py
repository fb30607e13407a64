"""Small vectors as tuples: the algebra that landscapes and dynamics are written in.

Numba does not compile comprehensions over tuples; the kernels register compiled
twins of these functions, so a method written with them runs at full speed.
"""

from __future__ import annotations

import math
from typing import Any

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


def positive_reciprocal(a: float) -> float:
    """Return ``1/a``, or NaN if ``a`` is not positive and finite.

    Zero for an infinite ``a`` would let paths come back from where a loss overflows, in no time.

    >>> positive_reciprocal(4.0), positive_reciprocal(-4.0), positive_reciprocal(math.inf)
    (0.25, nan, nan)
    """
    return 1.0 / a if 0.0 < a < math.inf else math.nan
