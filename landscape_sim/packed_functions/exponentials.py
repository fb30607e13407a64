"""Exponential and hyperbolic functions without a branch.

Cody and Waite's reduction: ``x = k log 2 + r`` with a whole ``k`` and ``|r| ≤ log(2)/2``, a
polynomial of ``r``, and the factor ``2^k`` in two halves, since it may lie beyond the numbers
where the result does not. Errors stay below 2 units in the last place. The coefficients are
derived in ``tests/derived_coefficients.py``.
"""

from __future__ import annotations

from typing import Any

from landscape_sim.jit import inlined
from landscape_sim.packed_functions.bits import (
    ONE,
    ROUNDER,
    bits_of,
    chosen,
    float_of,
    with_sign,
)
from landscape_sim.packed_functions.polynomials import even_and_odd

_LOG2_E = 1.4426950408889634
#: The last bits of a sum with it are those of the exponent of two as it is stored.
_BIASED = ROUNDER + 1023.0
#: Of so few bits that its products with exponents are exact, and the rest.
LOG_2 = (0.693147180559663, 2.8235290563031577e-13)
#: ``(e^r − 1 − r)/r²``
EXPM1 = (
    *(0.5000000000000001, 0.16666666666666669, 0.041666666666623824, 0.008333333333330039),
    *(0.0013888888917367081, 0.00019841269863171557, 2.4801521057868204e-05),
    *(2.7557268276905696e-06, 2.7620201591031547e-07, 2.5100472505694996e-08),
)
#: ``(cosh √w − 1)/w`` and ``(sinh √w/√w − 1)/w``
COSH = (
    *(0.5, 0.04166666666666668, 0.0013888888888879004, 2.480158733663095e-05),
    *(2.755726307730941e-07, 2.091821231913398e-09),
)
SINH = (
    *(0.16666666666666666, 0.008333333333333333, 0.00019841269841263252),
    *(2.7557319247344507e-06, 2.5052070959803662e-08, 1.6086677666787362e-10),
)
#: Beyond them ``e^x`` is 0 or infinite in double precision, and ``e^x − 1`` is −1.
_LOWEST, _HIGHEST, _MINUS_ONE = -746.0, 710.0, -40.0
#: Where ``cosh`` is infinite, and where ``e^−x`` no longer counts beside ``e^x``.
_HIGHEST_COSH, _FEW_POWERS = 711.0, _BIASED + 40.0
#: From here on ``tanh`` is 1 in double precision.
_TANH_ONE = 20.0


@inlined
def exp(x: Any) -> Any:
    """Return ``e^x``."""
    return exp_of_sum(x, -0.0)


@inlined
def exp_of_sum(x: Any, rest: Any) -> Any:
    """Return ``e^(x + rest)`` for a ``rest`` far below 1."""
    biased, r = _reduced(_within(x, _LOWEST, _HIGHEST))
    first, second = _halves_of_power(biased)
    return (first + _expm1_of_reduced(r + rest) * first) * second


@inlined
def expm1(x: Any) -> Any:
    """Return ``e^x − 1``."""
    biased, r = _reduced(_within(x, _MINUS_ONE, _HIGHEST))
    first, second = _halves_of_power(biased)
    inverse = float_of(2 * ONE - bits_of(second))
    value = (_expm1_of_reduced(r) * first + (first - inverse)) * second
    return chosen(x == 0.0, x, value)  # the sum has lost the sign of a zero


@inlined
def tanh(x: Any) -> Any:
    """Return ``(e^2x − 1)/(e^2x + 1)``."""
    size = abs(x)
    biased, r = _reduced(2.0 * chosen(size > _TANH_ONE, _TANH_ONE, size))
    scale = float_of(bits_of(biased) << 52)
    value = _expm1_of_reduced(r) * scale + (scale - 1.0)
    return with_sign(value / (value + 2.0), x)


@inlined
def sinh(x: Any) -> Any:
    """Return ``(e^x − e^−x)/2``."""
    first, second, inverse, even, odd = _hyperbolic(x)
    value = (1.0 - inverse) + ((1.0 - inverse) * even + (1.0 + inverse) * odd)
    return with_sign(value * first * second, x)


@inlined
def cosh(x: Any) -> Any:
    """Return ``(e^x + e^−x)/2``."""
    first, second, inverse, even, odd = _hyperbolic(x)
    value = (1.0 + inverse) + ((1.0 + inverse) * even + (1.0 - inverse) * odd)
    return value * first * second


@inlined
def _hyperbolic(x: Any) -> Any:
    """Return two factors of ``2^(k−1)``, ``2^−2k``, ``cosh r − 1`` and ``sinh r`` for ``|x|``.

    No difference of nearly equal numbers is left: at ``k = 0`` the hyperbolic sine is
    ``sinh r``, and else ``1 − 2^−2k`` is exact and outweighs the rest.
    """
    size = abs(x)
    biased, r = _reduced(chosen(size > _HIGHEST_COSH, _HIGHEST_COSH, size))
    first, second = _halves_of_power(biased)
    few = chosen(biased > _FEW_POWERS, _FEW_POWERS, biased)
    inverse = float_of(ONE - ((bits_of(few) << 53) - 2 * ONE))
    square = r * r
    even = square * even_and_odd(COSH, square)
    odd = r + r * (square * even_and_odd(SINH, square))
    return first, 0.5 * second, inverse, even, odd


@inlined
def _within(x: Any, low: Any, high: Any) -> Any:
    """Return ``x`` or the nearer end of the interval; NaN if it is NaN."""
    x = chosen(x < low, low, x)
    return chosen(x > high, high, x)


@inlined
def _reduced(x: Any) -> Any:
    """Return a whole ``k``, added to ``_BIASED``, and ``r = x − k log 2``, ``|r| ≤ log(2)/2``."""
    biased = x * _LOG2_E + _BIASED
    k = biased - _BIASED
    return biased, (x - k * LOG_2[0]) - k * LOG_2[1]


@inlined
def _halves_of_power(biased: Any) -> Any:
    """Return two factors of ``2^k`` for ``k`` added to ``_BIASED``."""
    half = bits_of(0.5 * (biased - _BIASED) + ROUNDER)
    return float_of(ONE + (half << 52)), float_of((bits_of(biased) - half) << 52)


@inlined
def _expm1_of_reduced(r: Any) -> Any:
    return r + r * r * even_and_odd(EXPM1, r)
