"""Elementary functions that the kernels compile to packed instructions.

Outside kernels they are NumPy's; in a loop over lanes NumPy's would be one call of the C
library a number. A landscape of one's own that is written with them runs at full speed.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def exp(x: Any) -> Any:
    """Return ``e^x``."""
    return np.exp(x)


def expm1(x: Any) -> Any:
    """Return ``e^x − 1``."""
    return np.expm1(x)


def log(x: Any) -> Any:
    """Return the natural logarithm of ``x``."""
    return np.log(x)


def log1p(x: Any) -> Any:
    """Return the natural logarithm of ``1 + x``."""
    return np.log1p(x)


def sin(x: Any) -> Any:
    """Return the sine of ``x``, in radians."""
    return np.sin(x)


def cos(x: Any) -> Any:
    """Return the cosine of ``x``, in radians."""
    return np.cos(x)


def tan(x: Any) -> Any:
    """Return the tangent of ``x``, in radians."""
    return np.tan(x)


def atan(x: Any) -> Any:
    """Return the angle between ``−π/2`` and ``π/2`` whose tangent is ``x``."""
    return np.arctan(x)


def sinh(x: Any) -> Any:
    """Return ``(e^x − e^−x)/2``."""
    return np.sinh(x)


def cosh(x: Any) -> Any:
    """Return ``(e^x + e^−x)/2``."""
    return np.cosh(x)


def tanh(x: Any) -> Any:
    """Return ``sinh(x)/cosh(x)``."""
    return np.tanh(x)


def power(x: Any, exponent: float) -> Any:
    """Return ``x^exponent`` for an exponent that is no integer; NaN for negative ``x``."""
    return x**exponent
