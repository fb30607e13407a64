"""Arrays on the stack: memory that the compiler knows to be private and aligned.

Of arrays on the heap LLVM has to assume that they may overlap, and of their
first element that it may lie anywhere: it then checks at every entry of every
loop over lanes. In four dimensions that costs 6 % of the speed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic, overload

from landscape_sim.jit import INLINED, JIT_FLAGS
from landscape_sim.random_numbers.normals import N_LANES

#: Bytes: the widest vector register.
_ALIGNMENT = 64
#: Normal variates a lane and block: the block stays in the first-level cache.
BLOCK_ROWS = 128
#: A block has at least two steps, because normal variates come in pairs.
MAX_DIMENSION = BLOCK_ROWS // 2
_BLOCK = (0.0,) * BLOCK_ROWS


def stack_rows(like: tuple[Any, ...], dtype: Any) -> Any:
    """Return an uninitialised array, shape ``(len(like), N_LANES)``.

    It lives until the calling kernel returns; a kernel must not return it.
    """
    return np.empty((len(like), N_LANES), dtype)


@intrinsic
def _stack_pointer(typing_context: Any, like: Any, dtype: Any) -> Any:
    if not isinstance(like, types.BaseTuple):
        return None

    def allocate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        element = context.get_data_type(dtype.dtype)
        with builder.goto_entry_block():
            block = builder.alloca(ir.ArrayType(element, len(like) * N_LANES))
            block.align = _ALIGNMENT
        return builder.bitcast(block, element.as_pointer())

    return types.CPointer(dtype.dtype)(like, dtype), allocate


# Inlined by Numba, before LLVM: the memory then belongs to the kernel, not to this function.
@overload(stack_rows, jit_options=JIT_FLAGS, inline="always")
def _stack_rows(like: Any, dtype: Any) -> Any:
    def compiled(like: Any, dtype: Any) -> Any:
        return carray(_stack_pointer(like, dtype), (len(like), N_LANES))

    return compiled


@njit(**INLINED)
def copy_rows(source: Any, rows: Any) -> None:
    """Write ``source`` into ``rows`` of the same shape.

    ``rows[:] = source`` would compile NumPy's message about shapes that differ: three seconds.
    """
    for i in np.ndindex(source.shape):
        rows[i] = source[i]


def stack_steps(like: tuple[Any, ...], steps: int) -> tuple[Any, Any]:
    """Return ``BLOCK_ROWS`` uninitialised rows of single precision, twice.

    As they are drawn, shape ``(steps · n, N_LANES)`` with ``n = len(like)``, and
    as they are used, step by step, shape ``(steps, n, N_LANES)``.
    """
    rows = np.empty((steps * len(like), N_LANES), np.float32)
    return rows, rows.reshape(steps, len(like), N_LANES)


@overload(stack_steps, jit_options=JIT_FLAGS, inline="always")
def _stack_steps(like: Any, steps: Any) -> Any:
    def compiled(like: Any, steps: Any) -> Any:
        pointer = _stack_pointer(_BLOCK, np.float32)
        drawn = carray(pointer, (steps * len(like), N_LANES))
        return drawn, carray(pointer, (steps, len(like), N_LANES))

    return compiled
