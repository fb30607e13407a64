"""Arrays on the stack: memory that the compiler knows to be private and aligned.

Of arrays on the heap LLVM has to assume that they may overlap, and of their
first element that it may lie anywhere: it then checks at every entry of every
loop over lanes. In four dimensions that costs 6 % of the speed.

The functions are lowered to LLVM's instructions here. As overloads in Python each would be
compiled, with all that it calls, once for every type of array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import make_array, populate_array

from landscape_sim.random_numbers.normals import N_LANES

#: Bytes: the widest vector register.
_ALIGNMENT = 64
#: Normal variates a lane and block: the block stays in the first-level cache.
BLOCK_ROWS = 128
#: A block has at least two steps, because normal variates come in pairs.
MAX_DIMENSION = BLOCK_ROWS // 2


def stack_rows(like: tuple[Any, ...], dtype: Any) -> Any:
    """Return an uninitialised array, shape ``(len(like), N_LANES)``.

    It lives until the calling kernel returns; a kernel must not return it.
    """
    return np.empty((len(like), N_LANES), dtype)


@type_callable(stack_rows)
def _type_of_stack_rows(typing_context: Any) -> Any:
    def array_type(like: Any, dtype: Any) -> Any:
        return types.Array(dtype.dtype, 2, "C")

    return array_type


@lower_builtin(stack_rows, types.BaseTuple, types.NumberClass)
def _lower_stack_rows(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    like, _ = signature.args
    rows = _stack_block(context, builder, signature.return_type.dtype, len(like))
    return _array(context, builder, signature.return_type, rows, (len(like),))


def stack_steps(like: tuple[Any, ...], steps: int) -> tuple[Any, Any]:
    """Return ``BLOCK_ROWS`` uninitialised rows of single precision, twice.

    As they are drawn, shape ``(steps · n, N_LANES)`` with ``n = len(like)``, and
    as they are used, step by step, shape ``(steps, n, N_LANES)``.
    """
    rows = np.empty((steps * len(like), N_LANES), np.float32)
    return rows, rows.reshape(steps, len(like), N_LANES)


@type_callable(stack_steps)
def _type_of_stack_steps(typing_context: Any) -> Any:
    def array_types(like: Any, steps: Any) -> Any:
        return types.Tuple([types.Array(types.float32, n, "C") for n in (2, 3)])

    return array_types


@lower_builtin(stack_steps, types.BaseTuple, types.Integer)
def _lower_stack_steps(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    dimension = len(signature.args[0])
    steps = context.cast(builder, arguments[1], signature.args[1], types.intp)
    rows = _stack_block(context, builder, types.float32, BLOCK_ROWS)
    shapes = (builder.mul(steps, steps.type(dimension)),), (steps, dimension)
    drawn, used = signature.return_type
    arrays = [
        _array(context, builder, kind, rows, shape)
        for kind, shape in zip((drawn, used), shapes, strict=True)
    ]
    return context.make_tuple(builder, signature.return_type, arrays)


def copy_rows(source: Any, rows: Any) -> None:
    """Write ``source`` into ``rows`` of the same shape.

    ``rows[:] = source`` would compile NumPy's message about shapes that differ: three seconds.
    """
    rows[...] = source


@type_callable(copy_rows)
def _type_of_copy_rows(typing_context: Any) -> Any:
    def none(source: Any, rows: Any) -> Any:
        is_plain = source.layout == rows.layout == "C" and source.dtype == rows.dtype
        return types.none if is_plain and source.ndim == rows.ndim else None

    return none


@lower_builtin(copy_rows, types.Array, types.Array)
def _lower_copy_rows(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    source, rows = (
        make_array(kind)(context, builder, value)
        for kind, value in zip(signature.args, arguments, strict=True)
    )
    cgutils.raw_memcpy(builder, rows.data, source.data, source.nitems, source.itemsize)
    return context.get_dummy_value()


def _stack_block(context: Any, builder: Any, dtype: Any, n_rows: int) -> Any:
    """Return a pointer to so many rows that belong to the function that is being lowered."""
    element = context.get_data_type(dtype)
    with builder.goto_entry_block():
        block = builder.alloca(ir.ArrayType(element, n_rows * N_LANES))
        block.align = _ALIGNMENT
    return builder.bitcast(block, element.as_pointer())


def _array(context: Any, builder: Any, array_type: Any, rows: Any, shape: Any) -> Any:
    """Return the array of this shape, the lanes last, in the memory from ``rows`` on."""
    size = context.get_value_type(types.intp)
    extents = [n if isinstance(n, ir.Value) else size(n) for n in (*shape, N_LANES)]
    strides = [size(context.get_abi_sizeof(rows.type.pointee))]
    for extent in reversed(extents[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    array = make_array(array_type)(context, builder)
    populate_array(array, rows, extents, strides, strides[-1], None)
    return array._getvalue()
