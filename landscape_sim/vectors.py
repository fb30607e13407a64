"""Small vectors as tuples: the algebra that landscapes and dynamics are written in.

Numba does not compile comprehensions over tuples; the kernels register compiled
twins of these functions, so a method written with them runs at full speed.
"""

from __future__ import annotations

from typing import Any

Vector = tuple[Any, ...]


def dot(x: Vector, y: Vector) -> Any:
    """Return ``Σ_i x_i y_i``.

    >>> dot((1.0, 2.0), (3.0, 4.0))
    11.0
    """
    total = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        total += x_i * y_i
    return total


def multiply(x: Vector, y: Vector) -> Vector:
    """Return the element-wise product ``(x_i y_i)``.

    >>> multiply((1.0, 2.0), (3.0, 4.0))
    (3.0, 8.0)
    """
    return tuple(x_i * y_i for x_i, y_i in zip(x, y, strict=True))


def advance(x: Vector, a: Any, y: Vector, b: Any, z: Vector) -> Vector:
    """Return ``x + a y + b z``: one step of a stochastic differential equation.

    >>> advance((1.0,), 2.0, (3.0,), 4.0, (5.0,))
    (27.0,)
    """
    return tuple(x_i + a * y_i + b * z_i for x_i, y_i, z_i in zip(x, y, z, strict=True))
