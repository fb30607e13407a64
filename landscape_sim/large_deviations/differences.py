"""Derivatives by central differences of fourth order, where no closed form is at hand.

With steps of a thousandth of the length over which a function varies, truncation (``h⁴``) and
rounding (``1e-16/h``) both stay near 1e-12 of a first derivative; of a second one, rounding near
1e-10.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

#: Steps, in units of the typical length.
STEP = 1e-3
_WEIGHTS = ((-2.0, 1.0 / 12.0), (-1.0, -2.0 / 3.0), (1.0, 2.0 / 3.0), (2.0, -1.0 / 12.0))


def directional(function: Function, x: Array, direction: Array, step: float) -> Array:
    """Return the derivative of ``function`` along ``direction`` at every row of ``x``.

    Parameters
    ----------
    function : callable
        Maps positions, shape ``(m, n)``, to values, shape ``(m, …)``.
    x, direction : ndarray, shape (m, n)
        ``direction`` need not be of length one.
    step : float
        In units of ``x``.

    Examples
    --------
    >>> cube = lambda x: x[:, 0] ** 3
    >>> float(directional(cube, np.array([[2.0]]), np.array([[10.0]]), 1e-3)[0])
    120.0
    """
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    unit = direction / np.where(length > 0.0, length, 1.0)
    total = sum(w * function(x + k * step * unit) for k, w in _WEIGHTS) / step
    return np.asarray(total * length.reshape(-1, *[1] * (np.ndim(total) - 1)))


def gradient(function: Function, x: Array, step: float) -> Array:
    """Return the derivatives along all coordinates, as a last axis."""
    units = np.eye(x.shape[1])
    return np.stack(
        [directional(function, x, np.broadcast_to(unit, x.shape), step) for unit in units], axis=-1
    )


def hessian(function: Function, x: Array, step: float) -> Array:
    """Return the second derivatives, as the two last axes."""
    return gradient(lambda y: gradient(function, y, step), x, step)
