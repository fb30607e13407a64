"""The algebra of small vectors in kernels: written out as instructions, coordinate by coordinate.

Numba compiles no comprehension over tuples, and an inner loop over coordinates would make LLVM
peel the first lane off the loop over lanes, which then leaves three of 32 lanes to scalar code
and all others misaligned. Functions that call themselves for what is left of a tuple would each
be compiled once a coordinate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import make_array

from landscape_sim import vectors

#: Longer sums are those of blocks and of what is left.
_BLOCK = 24
_TUPLE, _NUMBER, _DOUBLE = types.BaseTuple, types.Number, types.float64


def load(rows: Any, lane: int, like: tuple[float, ...]) -> tuple[float, ...]:
    """Return column ``lane`` of ``rows``, shape ``(n, lanes)``, as a tuple of ``n`` floats."""
    return tuple(float(rows[i, lane]) for i in range(len(like)))


def store(rows: Any, lane: int, values: tuple[float, ...]) -> None:
    """Write ``values`` into column ``lane`` of ``rows``, shape ``(n, lanes)``."""
    for i, value in enumerate(values):
        rows[i, lane] = value


def _are_tuples(*kinds: Any) -> bool:
    # A type of an empty tuple counts as false.
    return all(isinstance(kind, _TUPLE) for kind in kinds)


def _vector(like: Any) -> Any:
    """Return the type of a vector of as many coordinates; None if ``like`` is none."""
    return types.BaseTuple.from_types([_DOUBLE] * len(like)) if _are_tuples(like) else None


def _typed(function: Callable[..., Any], result: Callable[..., Any]) -> None:
    """Let kernels call ``function``; ``result`` gives the type of its value."""
    type_callable(function)(lambda typing_context: result)


_typed(vectors.dot, lambda x, y: _DOUBLE if _are_tuples(x, y) else None)
_typed(vectors.scale, lambda a, x: _vector(x))
_typed(vectors.multiply, lambda x, y: _vector(x))
_typed(vectors.displace, lambda x, a, y: _vector(x))
_typed(vectors.transform, lambda rows, x: _vector(rows))
_typed(vectors.reflect, lambda x, low, high: _vector(x))
_typed(vectors.mirror, lambda y, x, low, high: _vector(y))
_typed(vectors.wrap, lambda x, low, high: _vector(x))
_typed(load, lambda rows, lane, like: _vector(like))
_typed(store, lambda rows, lane, values: types.none if _are_tuples(values) else None)


@lower_builtin(vectors.dot, _TUPLE, _TUPLE)
def _dot(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return _sum_of_products(builder, *_read(context, builder, signature, arguments))


@lower_builtin(vectors.transform, _TUPLE, _TUPLE)
def _transform(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, x = _read(context, builder, signature, arguments)
    values = [_sum_of_products(builder, row, x) for row in rows]
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.scale, _NUMBER, _TUPLE)
def _scale(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    a, x = _read(context, builder, signature, arguments)
    values = [builder.fmul(a, one) for one in x]
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.multiply, _TUPLE, _TUPLE)
def _multiply(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    x, y = _read(context, builder, signature, arguments)
    values = [builder.fmul(*pair) for pair in zip(x, y, strict=True)]
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.displace, _TUPLE, _NUMBER, _TUPLE)
def _displace(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    x, a, y = _read(context, builder, signature, arguments)
    values = [builder.fadd(x_i, builder.fmul(a, y_i)) for x_i, y_i in zip(x, y, strict=True)]
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.reflect, _TUPLE, _TUPLE, _TUPLE)
def _reflect(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    values = []
    for x, low, high in zip(*_read(context, builder, signature, arguments), strict=True):
        above = _chosen(builder, ">", low, _image(builder, x, high))
        below = _chosen(builder, "<", high, _image(builder, x, low))
        inside = builder.select(builder.fcmp_ordered(">", x, high), above, x)
        values.append(builder.select(builder.fcmp_ordered("<", x, low), below, inside))
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.mirror, _TUPLE, _TUPLE, _TUPLE, _TUPLE)
def _mirror(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    values = []
    for y, x, low, high in zip(*_read(context, builder, signature, arguments), strict=True):
        is_below, is_above = (builder.fcmp_ordered(*one) for one in (("<", x, low), (">", x, high)))
        values.append(builder.select(builder.or_(is_below, is_above), builder.fneg(y), y))
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(vectors.wrap, _TUPLE, _TUPLE, _TUPLE)
def _wrap(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    zero, one = (ir.Constant(ir.DoubleType(), number) for number in (0.0, 1.0))
    floor = builder.module.declare_intrinsic("llvm.floor", [ir.DoubleType()])
    values = []
    for x, low, high in zip(*_read(context, builder, signature, arguments), strict=True):
        turn = builder.fsub(high, low)
        closes = builder.fcmp_ordered(">", turn, zero)
        share = builder.fdiv(builder.fsub(x, low), builder.select(closes, turn, one))
        within = builder.fsub(x, builder.fmul(turn, builder.call(floor, [share])))
        # What is no number stays none.
        for which, end in (("<", low), (">", high)):
            within = builder.select(builder.fcmp_ordered(which, within, end), end, within)
        values.append(builder.select(closes, within, x))
    return context.make_tuple(builder, signature.return_type, values)


def _image(builder: Any, x: Any, wall: Any) -> Any:
    return builder.fsub(builder.fadd(wall, wall), x)


def _chosen(builder: Any, which: str, x: Any, y: Any) -> Any:
    """Return the larger, or the smaller, of two numbers."""
    return builder.select(builder.fcmp_ordered(which, x, y), x, y)


@lower_builtin(load, types.Array, types.Integer, _TUPLE)
def _load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, _, like = signature.args
    places = _places(context, builder, signature, arguments, len(like))
    numbers = [context.unpack_value(builder, rows.dtype, place) for place in places]
    values = [context.cast(builder, number, rows.dtype, _DOUBLE) for number in numbers]
    return context.make_tuple(builder, signature.return_type, values)


@lower_builtin(store, types.Array, types.Integer, _TUPLE)
def _store(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, _, kind = signature.args
    places = _places(context, builder, signature, arguments, len(kind))
    values = cgutils.unpack_tuple(builder, arguments[2], len(kind))
    for place, one, value in zip(places, kind, values, strict=True):
        number = context.cast(builder, value, one, rows.dtype)
        context.pack_value(builder, rows.dtype, number, place)
    return context.get_dummy_value()


def _read(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    """Return the arguments in double precision: numbers, and lists for tuples."""

    def read(kind: Any, value: Any) -> Any:
        if not isinstance(kind, _TUPLE):
            return context.cast(builder, value, kind, _DOUBLE)
        parts = cgutils.unpack_tuple(builder, value, len(kind))
        return [read(*part) for part in zip(kind, parts, strict=True)]

    return [read(*one) for one in zip(signature.args, arguments, strict=True)]


def _sum_of_products(builder: Any, x: list[Any], y: list[Any]) -> Any:
    if len(x) > _BLOCK:
        first, rest = (
            _sum_of_products(builder, x[part], y[part])
            for part in (slice(_BLOCK), slice(_BLOCK, None))
        )
        return builder.fadd(first, rest)
    if not x:
        return ir.Constant(ir.DoubleType(), 0.0)
    *products, total = [builder.fmul(*pair) for pair in zip(x, y, strict=True)]
    for product in reversed(products):
        total = builder.fadd(product, total)
    return total


def _places(context: Any, builder: Any, signature: Any, arguments: Any, n: int) -> list[Any]:
    """Return pointers to the first ``n`` rows of a column of an array."""
    rows, index = signature.args[:2]
    array = make_array(rows)(context, builder, arguments[0])
    lane = context.cast(builder, arguments[1], index, types.intp)
    return [
        cgutils.get_item_pointer(
            context, builder, rows, array, [context.get_constant(types.intp, i), lane]
        )
        for i in range(n)
    ]
