"""What a public function refuses, and how it says so.

Every check raises :class:`InputError` with one line that names the offending
value and the remedy; the command line prints that line and exits with code 2.
"""

from __future__ import annotations

import math
from numbers import Integral, Real


class InputError(ValueError):
    """An argument, a file or a landscape that cannot be used as given."""


def as_float(value: object) -> float:
    """Return a number as a float, NaN for what is none, infinity for what is too large."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def require_positive(name: str, value: float, remedy: str = "") -> float:
    """Return ``value`` as a float, or refuse it unless it is finite and positive."""
    if 0 < as_float(value) < math.inf:
        return float(value)
    raise InputError(f"{name} must be a positive finite number, got {value!r}{_hint(remedy)}")


def require_fraction(name: str, value: float, remedy: str = "") -> float:
    """Return ``value`` as a float, or refuse it unless it lies strictly in (0, 1)."""
    if 0 < as_float(value) < 1:
        return float(value)
    raise InputError(f"{name} must lie strictly between 0 and 1, got {value!r}{_hint(remedy)}")


def require_confidence_level(value: float) -> float:
    """Return a confidence level as a float, or refuse it unless it lies strictly in (0, 1)."""
    return require_fraction("confidence_level", value, "0.95 is usual")


def require_relative_error(value: float) -> float:
    """Return a relative error as a float, or refuse it unless it lies strictly in (0, 1)."""
    return require_fraction("relative_error", value, "0.05 stands for 5 %")


def require_count(name: str, value: int, minimum: int = 1) -> int:
    """Return ``value`` as an int, or refuse it unless it is an integer ``>= minimum``."""
    if isinstance(value, Integral) and not isinstance(value, bool) and value >= minimum:
        return int(value)
    raise InputError(f"{name} must be an integer of at least {minimum}, got {value!r}")


def _hint(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""
