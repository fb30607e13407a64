"""Trigonometric functions without a branch.

Cody and Waite's reduction by multiples of ``π/2`` in four parts: exact to the last place up
to 10⁷, also beside the zeros; beyond, the C library answers. Errors stay below 3 units in the
last place. The coefficients are derived in ``tests/derived_coefficients.py``.
"""

from __future__ import annotations

from typing import Any

from landscape_sim.jit import inlined
from landscape_sim.packed_functions.bits import (
    ROUNDER,
    SIGN,
    bits_of,
    chosen,
    float_of,
    with_sign,
)
from landscape_sim.packed_functions.far_angles import far_cos, far_sin, far_tan
from landscape_sim.packed_functions.polynomials import even_and_odd

_TWO_OVER_PI = 0.6366197723675814
#: Of 30, 24 and 30 bits, so that products with up to 2^23 quarter turns are exact, and the rest.
HALF_PI_PARTS = (
    *(1.570796325802803, 9.920935184482005e-10, 6.12323399409214e-17),
    1.6446256936324258e-26,
)
#: The nearest number, and what is missing.
QUARTER_PI = (0.7853981633974483, 3.061616997868383e-17)
HALF_PI = (1.5707963267948966, 6.123233995736766e-17)
#: ``(sin √w/√w − 1)/w`` and ``(cos √w − 1 + w/2)/w²``
SIN = (
    *(-0.16666666666666666, 0.008333333333330925, -0.00019841269836722418),
    *(2.755731608381636e-06, -2.5051127944014188e-08, 1.5917848524808262e-10),
)
COS = (
    *(0.041666666666666664, -0.0013888888888887382, 2.480158729874307e-05),
    *(-2.7557317260008837e-07, 2.0876143827993133e-09, -1.1382456778061306e-11),
)
#: ``(atan √w/√w − 1)/w``
ATAN = (
    *(-0.3333333333333333, 0.199999999999998, -0.14285714285658824, 0.1111111110505757),
    *(-0.09090908748635232, 0.07692296234491514, -0.06666422364033206, 0.05878900032342983),
    *(-0.052302411507894, 0.045506220391755364, -0.034545610104858494, 0.016258132064979208),
)
#: Tangents of an eighth of π and of three.
_LOW, _HIGH = 0.41421356237309503, 2.414213562373095


@inlined
def sin(x: Any) -> Any:
    """Return the sine of ``x``."""
    quarters, sine, cosine = _reduced(x)
    value = chosen(quarters & 1 != 0, cosine, sine)
    value = far_sin(abs(x), float_of(bits_of(value) ^ ((quarters & 2) << 62)))
    return float_of(bits_of(value) ^ (bits_of(x) & SIGN))


@inlined
def cos(x: Any) -> Any:
    """Return the cosine of ``x``."""
    quarters, sine, cosine = _reduced(x)
    value = chosen(quarters & 1 != 0, sine, cosine)
    return far_cos(abs(x), float_of(bits_of(value) ^ (((quarters + 1) & 2) << 62)))


@inlined
def tan(x: Any) -> Any:
    """Return the tangent of ``x``."""
    quarters, sine, cosine = _reduced(x)
    is_odd = quarters & 1 != 0
    value = chosen(is_odd, cosine, sine) / chosen(is_odd, -sine, cosine)
    return float_of(bits_of(far_tan(abs(x), value)) ^ (bits_of(x) & SIGN))


@inlined
def atan(x: Any) -> Any:
    """Return the angle whose tangent is ``x``."""
    size = abs(x)
    is_high, is_low = size > _HIGH, size <= _LOW
    numerator = chosen(is_high, -1.0, chosen(is_low, size, size - 1.0))
    divisor = chosen(is_high, size, chosen(is_low, 1.0, size + 1.0))
    turn = chosen(is_high, HALF_PI[0], chosen(is_low, 0.0, QUARTER_PI[0]))
    rest = chosen(is_high, HALF_PI[1], chosen(is_low, 0.0, QUARTER_PI[1]))
    t = numerator / divisor
    square = t * t
    value = turn + (t + (t * (square * even_and_odd(ATAN, square)) + rest))
    return with_sign(value, x)


@inlined
def _reduced(x: Any) -> Any:
    """Return the number of quarter turns in ``|x|``, and sine and cosine of what is left."""
    size = abs(x)
    rounded = size * _TWO_OVER_PI + ROUNDER
    n = rounded - ROUNDER
    # The first two differences are exact, and the third is where it is not close to its parts.
    left = (size - n * HALF_PI_PARTS[0]) - n * HALF_PI_PARTS[1]
    part = n * HALF_PI_PARTS[2]
    r = left - part
    r += ((left - r) - part) - n * HALF_PI_PARTS[3]
    square = r * r
    sine = r + r * (square * even_and_odd(SIN, square))
    cosine = 1.0 - (0.5 * square - square * square * even_and_odd(COS, square))
    return bits_of(rounded), sine, cosine
