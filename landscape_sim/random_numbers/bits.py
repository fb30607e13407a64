"""The bit patterns of single-precision numbers, read and written in registers.

Numba reinterprets whole arrays only; going through memory would split the loop
that makes the normal variates and cost more than their logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from landscape_sim.jit import JIT_FLAGS


def bits_of(x: Any) -> Any:
    """Return the 32 bits of the single-precision ``x`` as a signed integer.

    >>> hex(bits_of(1.0))
    '0x3f800000'
    """
    return np.float32(x).view(np.int32)


def float_of(bits: Any) -> Any:
    """Return the single-precision number whose 32 bits are the signed integer ``bits``.

    >>> float(float_of(0x3F800000))
    1.0
    """
    return np.int32(bits).view(np.float32)


@intrinsic
def _bits_of(typing_context: Any, x: Any) -> Any:
    def bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), bitcast


@intrinsic
def _float_of(typing_context: Any, bits: Any) -> Any:
    def bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), bitcast


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
