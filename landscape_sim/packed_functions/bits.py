"""The bit patterns of double-precision numbers, read and written in registers."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

from landscape_sim.jit import INLINED, JIT_FLAGS

#: Added to a number below 2^51 and taken away again, it rounds to the nearest integer; in
#: between, the last bits of the sum are those of the integer. No instruction converts 64-bit
#: integers before AVX-512.
ROUNDER = 6755399441055744.0  # 1.5 · 2^52
SIGN = -(2**63)
#: The bits of 1.
ONE = 0x3FF0000000000000


def bits_of(x: Any) -> Any:
    """Return the 64 bits of ``x`` as a signed integer.

    >>> hex(bits_of(1.0))
    '0x3ff0000000000000'
    """
    return np.float64(x).view(np.int64)


def float_of(bits: Any) -> Any:
    """Return the number whose 64 bits are the signed integer ``bits``.

    >>> float(float_of(0x3FF0000000000000))
    1.0
    """
    return np.int64(bits).view(np.float64)


def chosen(condition: Any, if_true: Any, if_false: Any) -> Any:
    """Return one of two numbers, both of which are computed.

    Of a conditional expression the compiler would make a branch first, and where loss and
    gradient have the same function it would not see that they have.
    """
    return if_true if condition else if_false


@intrinsic
def _bits_of(typing_context: Any, x: Any) -> Any:
    def bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), bitcast


@intrinsic
def _float_of(typing_context: Any, bits: Any) -> Any:
    def bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), bitcast


@intrinsic
def _chosen(typing_context: Any, condition: Any, if_true: Any, if_false: Any) -> Any:
    def select(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return types.float64(types.boolean, types.float64, types.float64), select


@overload(bits_of, jit_options=JIT_FLAGS)
def _compiled_bits_of(x: Any) -> Any:
    def compiled(x: Any) -> Any:
        return _bits_of(x)

    return compiled


@overload(float_of, jit_options=JIT_FLAGS)
def _compiled_float_of(bits: Any) -> Any:
    def compiled(bits: Any) -> Any:
        return _float_of(bits)

    return compiled


@overload(chosen, jit_options=JIT_FLAGS)
def _compiled_chosen(condition: Any, if_true: Any, if_false: Any) -> Any:
    def compiled(condition: Any, if_true: Any, if_false: Any) -> Any:
        return _chosen(condition, if_true, if_false)

    return compiled


@njit(**INLINED)
def with_sign(size: float, sign: float) -> float:
    """Return the number of this size, not negative, with the sign of ``sign``."""
    return float_of(bits_of(size) | (bits_of(sign) & SIGN))


@njit(**INLINED)
def polynomial(c: Any, x: Any) -> Any:
    """Return ``c[0] + c[1] x + …``, from its even and its odd terms.

    Two chains of multiplications, each half as long as one of all terms.
    """
    square = x * x
    last, before = c[len(c) - 1], c[len(c) - 2]
    for i in range(len(c) - 3, -1, -1):
        last, before = before, last * square + c[i]
    return before + x * last
