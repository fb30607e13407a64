"""The bridge from plain Python classes to compiled code.

Landscapes, dynamics and targets are NamedTuples with ordinary methods. Each
method name of their contracts is registered once with Numba, which looks the
method up on the class of the argument: kernels just call
``dynamics.step(landscape, x, normal)``, and nothing is written twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import overload, overload_method

from landscape_sim import vectors
from landscape_sim.kernels.jit import JIT_FLAGS


def _register_of_position(name: str) -> None:
    @overload_method(types.BaseNamedTuple, name, jit_options=JIT_FLAGS, strict=False)
    def method(self: Any, x: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_landscape(name: str) -> None:
    @overload_method(types.BaseNamedTuple, name, jit_options=JIT_FLAGS, strict=False)
    def method(self: Any, landscape: Any, x: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_normal(name: str) -> None:
    @overload_method(types.BaseNamedTuple, name, jit_options=JIT_FLAGS, strict=False)
    def method(self: Any, landscape: Any, x: Any, normal: Any) -> Any:
        return getattr(self.instance_class, name)


for _name in ("loss", "gradient", "distance"):
    _register_of_position(_name)
for _name in ("diffusivity", "noise_amplitude"):
    _register_of_landscape(_name)
for _name in ("step",):
    _register_of_normal(_name)


@overload(vectors.dot, jit_options=JIT_FLAGS)
def _dot(x: Any, y: Any) -> Any:
    size = len(x)

    def compiled(x: Any, y: Any) -> Any:
        total = 0.0
        for i in range(size):
            total += x[i] * y[i]
        return total

    return compiled


@overload(vectors.multiply, jit_options=JIT_FLAGS)
def _multiply(x: Any, y: Any) -> Any:
    size = len(x)

    def compiled(x: Any, y: Any) -> Any:
        product = x
        for i in range(size):
            product = tuple_setitem(product, i, x[i] * y[i])
        return product

    return compiled


@overload(vectors.advance, jit_options=JIT_FLAGS)
def _advance(x: Any, a: Any, y: Any, b: Any, z: Any) -> Any:
    size = len(x)

    def compiled(x: Any, a: Any, y: Any, b: Any, z: Any) -> Any:
        moved = x
        for i in range(size):
            moved = tuple_setitem(moved, i, x[i] + a * y[i] + b * z[i])
        return moved

    return compiled


def load(array: Any, lane: int, like: tuple[float, ...]) -> tuple[float, ...]:
    """Return column ``lane`` of ``array``, shape ``(n, lanes)``, as a tuple of ``n`` floats."""
    return tuple(float(array[i, lane]) for i in range(len(like)))


@overload(load, jit_options=JIT_FLAGS)
def _load(array: Any, lane: Any, like: Any) -> Any:
    size = len(like)

    def compiled(array: Any, lane: Any, like: Any) -> Any:
        values = like
        for i in range(size):
            values = tuple_setitem(values, i, np.float64(array[i, lane]))
        return values

    return compiled


def load_row(array: Any, row: int, lane: int, like: tuple[float, ...]) -> tuple[float, ...]:
    """Return ``array[row, :, lane]``, shape ``(rows, n, lanes)``, as a tuple of ``n`` floats."""
    return tuple(float(array[row, i, lane]) for i in range(len(like)))


@overload(load_row, jit_options=JIT_FLAGS)
def _load_row(array: Any, row: Any, lane: Any, like: Any) -> Any:
    size = len(like)

    def compiled(array: Any, row: Any, lane: Any, like: Any) -> Any:
        values = like
        for i in range(size):
            values = tuple_setitem(values, i, np.float64(array[row, i, lane]))
        return values

    return compiled
