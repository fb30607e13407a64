"""What a public function refuses, and how it says so.

Every check raises :class:`InputError` with one line that names the offending
value and the remedy; the command line prints that line and exits with code 2.
"""

from __future__ import annotations

import math
from numbers import Integral, Real


class InputError(ValueError):
    """An argument, a file or a landscape that cannot be used as given."""


def require_positive(name: str, value: float, remedy: str = "") -> float:
    """Return ``value`` as a float, or refuse it unless it is finite and positive."""
    if isinstance(value, Real) and math.isfinite(value) and value > 0:
        return float(value)
    hint = f"; {remedy}" if remedy else ""
    raise InputError(f"{name} must be a positive finite number, got {value!r}{hint}")


def require_fraction(name: str, value: float) -> float:
    """Return ``value`` as a float, or refuse it unless it lies strictly in (0, 1)."""
    if isinstance(value, Real) and 0 < value < 1:
        return float(value)
    raise InputError(f"{name} must lie strictly between 0 and 1, got {value!r}; 0.95 is usual")


def require_count(name: str, value: int, minimum: int = 1) -> int:
    """Return ``value`` as an int, or refuse it unless it is an integer ``>= minimum``."""
    if isinstance(value, Integral) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise InputError(f"{name} must be an integer of at least {minimum}, got {value!r}")
