"""The bit patterns of numbers, read and written in registers, and what is made with them.

Numba reinterprets whole arrays only; going through memory would split the loops over lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin, type_callable

from landscape_sim.jit import inlined

#: Added to a number below 2^51 and taken away again, it rounds to the nearest integer; in
#: between, the last bits of the sum are those of the integer. No instruction converts 64-bit
#: integers before AVX-512.
ROUNDER = 6755399441055744.0  # 1.5 · 2^52
SIGN = -(2**63)
#: The bits of 1.
ONE = 0x3FF0000000000000
#: The bits of infinity: below them are those of all finite numbers without a sign.
INFINITY = 0x7FF0000000000000


def bits_of(x: Any) -> Any:
    """Return the bits of ``x``, in single or double precision, as a signed integer.

    >>> hex(bits_of(1.0)), hex(bits_of(np.float32(1.0)))
    ('0x3ff0000000000000', '0x3f800000')
    """
    number = np.asarray(x)
    return number.view(f"i{number.itemsize}")[()]


def float_of(bits: Any) -> Any:
    """Return the number whose bits are the signed integer ``bits``, of 32 or 64 bits.

    >>> float(float_of(0x3FF0000000000000)), float(float_of(np.int32(0x3F800000)))
    (1.0, 1.0)
    """
    number = np.asarray(bits)
    return number.view(f"f{number.itemsize}")[()]


def chosen(condition: Any, if_true: Any, if_false: Any) -> Any:
    """Return one of two numbers, both of which are computed.

    Of a conditional expression the compiler would make a branch first, and where loss and
    gradient have the same function it would not see that they have.
    """
    return if_true if condition else if_false


def is_positive(x: Any) -> Any:
    """Return whether ``0 < x < ∞``, in one comparison.

    >>> [is_positive(x) for x in (5e-324, 0.0, -1.0, np.inf, np.nan)]
    [True, False, False, False, False]
    """
    return bool(0.0 < x < np.inf)


def is_not_negative(x: Any) -> Any:
    """Return whether ``0 <= x < ∞`` and ``x`` has no sign, in one comparison.

    >>> [is_not_negative(x) for x in (1e308, 0.0, -0.0, -1.0, np.inf, np.nan)]
    [True, True, False, False, False, False]
    """
    return bool(0.0 <= x < np.inf and not np.signbit(x))


_INTEGERS = {types.float32: types.int32, types.float64: types.int64}
_NUMBERS = {integer: number for number, integer in _INTEGERS.items()}


@type_callable(bits_of)
def _type_of_bits_of(typing_context: Any) -> Any:
    return lambda x: _INTEGERS.get(x)


@type_callable(float_of)
def _type_of_float_of(typing_context: Any) -> Any:
    return lambda bits: _NUMBERS.get(bits)


@lower_builtin(bits_of, types.Float)
@lower_builtin(float_of, types.Integer)
def _bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


@type_callable(chosen)
def _type_of_chosen(typing_context: Any) -> Any:
    return lambda condition, if_true, if_false: types.float64


@lower_builtin(chosen, types.Boolean, types.float64, types.float64)
def _select(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.select(*arguments)


for _function in (is_positive, is_not_negative):
    type_callable(_function)(lambda typing_context: lambda x: types.boolean)


@lower_builtin(is_positive, types.float64)
def _is_positive(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    # Less one, the bits of nought are the largest of all.
    return _is_below(context, builder, arguments[0], 1)


@lower_builtin(is_not_negative, types.float64)
def _is_not_negative(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return _is_below(context, builder, arguments[0], 0)


def _is_below(context: Any, builder: Any, x: Any, one: int) -> Any:
    """Return whether the bits of ``x``, less ``one``, without a sign, are below infinity's."""
    integer = context.get_value_type(types.int64)
    bits = builder.sub(builder.bitcast(x, integer), integer(one))
    return builder.icmp_unsigned("<", bits, integer(INFINITY - one))


@inlined
def with_sign(size: Any, sign: Any) -> Any:
    """Return the number of this size, not negative, with the sign of ``sign``."""
    return float_of(bits_of(size) | (bits_of(sign) & SIGN))
