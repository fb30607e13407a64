"""Logarithms and real powers without a branch.

``x = 2^k m`` with ``m`` between ``1/√2`` and ``√2``, and ``log m = 2 atanh(s)`` with
``s = f/(2 + f)``, ``f = m − 1``. Errors stay below 2 units in the last place, those of powers
below 3. The coefficients are derived in ``tests/derived_coefficients.py``.

References
----------
Ng, *fdlibm* (Sun Microsystems, 1993), for the order of summation of ``log`` and for the
correction of ``log1p``; Dekker, *Numer. Math.* 18 (1971), for sums of pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landscape_sim.jit import inlined
from landscape_sim.packed_functions.bits import bits_of, chosen, float_of
from landscape_sim.packed_functions.exponentials import LOG_2, exp_of_sum
from landscape_sim.packed_functions.polynomials import even_and_odd

#: ``(log((1 + s)/(1 − s))/s − 2)/s²`` with ``z = s²``
LOG = (
    *(0.666666666666667, 0.3999999999989827, 0.2857142862653362, 0.22222211043776857),
    *(0.18182895750119193, 0.1533150161114533, 0.1461916613488797),
)
_u64 = np.uint64
_SMALLEST_NORMAL, _TO_NORMAL, _ADDED = 2.0**-1022, 2.0**54, 54.0
_BITS_OF_SQRT_HALF = 0x3FE6A09E667F3BCD
_FROM_ONE_TO_SQRT_HALF = 0x3FF0000000000000 - _BITS_OF_SQRT_HALF
#: With these bits a whole number below 2^52 in the last places is 2^52 more.
_BITS_OF_TWO_TO_52, _TWO_TO_52 = 0x4330000000000000, 2.0**52
_MANTISSA, _UPPER_HALF = 2**52 - 1, -(2**27)


@inlined
def log(x: Any) -> Any:
    """Return the natural logarithm of ``x``."""
    k, f = _split(x)
    value = _log(k, f, 0.0)
    return chosen(x > 0.0, chosen(x < np.inf, value, x), _at_or_below_zero(x))


@inlined
def log1p(x: Any) -> Any:
    """Return the natural logarithm of ``1 + x``."""
    total = 1.0 + x
    k, f = _split(total)
    value = _log(k, f, (x - (total - 1.0)) / total)
    value = chosen(x == 0.0, x, value)  # the sum has lost the sign of a zero
    return chosen(total > 0.0, chosen(x < np.inf, value, x), _at_or_below_zero(total))


@inlined
def power(x: Any, exponent: Any) -> Any:
    """Return ``x^exponent`` for an exponent between −100 and 100 that is no integer.

    The logarithm is a pair of numbers: an error of its last place would be one of ten bits of
    the largest powers.
    """
    k, f = _split(x)
    upper, lower = _log_pair(k, f)
    leading, trailing = _halves(upper)
    first, second = _halves(exponent)
    rest = first * trailing + (second * upper + exponent * lower)
    value = exp_of_sum(first * leading, rest)
    at_zero = 0.0 if exponent > 0.0 else np.inf
    value = chosen(x == np.inf, 1.0 / at_zero, value)
    return chosen(x > 0.0, value, chosen(x == 0.0, at_zero, np.nan))


@inlined
def _at_or_below_zero(x: Any) -> Any:
    return chosen(x == 0.0, -np.inf, np.nan)


@inlined
def _split(x: Any) -> Any:
    """Return ``k`` and ``f`` with ``x = 2^k (1 + f)``, for positive, finite ``x``."""
    is_small = x < _SMALLEST_NORMAL
    shifted = bits_of(chosen(is_small, x * _TO_NORMAL, x)) + _FROM_ONE_TO_SQRT_HALF
    # Unsigned: before AVX-512 no instruction shifts signed integers of 64 bits.
    exponent = np.int64(_u64(shifted) >> _u64(52))
    bias = chosen(is_small, _TWO_TO_52 + 1023.0 + _ADDED, _TWO_TO_52 + 1023.0)
    k = float_of(exponent | _BITS_OF_TWO_TO_52) - bias
    return k, float_of((shifted & _MANTISSA) + _BITS_OF_SQRT_HALF) - 1.0


@inlined
def _log(k: Any, f: Any, correction: Any) -> Any:
    """Return ``log(2^k (1 + f)) + correction``."""
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    rest = s * (half_square + z * even_and_odd(LOG, z)) + (k * LOG_2[1] + correction)
    return k * LOG_2[0] - ((half_square - rest) - f)


@inlined
def _log_pair(k: Any, f: Any) -> Any:
    """Return ``log(2^k (1 + f))`` as a sum of two numbers, to some 60 bits."""
    divisor = 2.0 + f
    divisor_rest = f - (divisor - 2.0)
    s = f / divisor
    leading, trailing = _halves(s)
    first, second = _halves(divisor)
    rest = ((f - leading * first) - leading * second) - trailing * first
    rest = ((rest - trailing * second) - s * divisor_rest) / divisor
    z = s * s
    tail = (2.0 * rest + s * z * even_and_odd(LOG, z)) + k * LOG_2[1]
    upper, lower = _exact_sum(k * LOG_2[0], 2.0 * s)
    lower += tail
    total = upper + lower
    return total, lower - (total - upper)


@inlined
def _exact_sum(a: Any, b: Any) -> Any:
    """Return the sum and what its rounding has left out."""
    total = a + b
    b_share = total - a
    return total, (a - (total - b_share)) + (b - b_share)


@inlined
def _halves(a: Any) -> Any:
    """Return the first 26 bits of a number and the rest: products of such halves are exact.

    A product and what its rounding leaves out would not do: fused with a sum, it is not rounded.
    """
    upper = float_of(bits_of(a) & _UPPER_HALF)
    return upper, a - upper
