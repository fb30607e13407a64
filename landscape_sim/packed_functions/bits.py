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


@inlined
def with_sign(size: Any, sign: Any) -> Any:
    """Return the number of this size, not negative, with the sign of ``sign``."""
    return float_of(bits_of(size) | (bits_of(sign) & SIGN))
