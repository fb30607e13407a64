"""The bridge from plain Python classes to compiled code.

Landscapes, dynamics and targets are NamedTuples with ordinary methods. Each
method name of their contracts is registered once with Numba, which looks the
method up on the class of the argument: kernels just call
``dynamics.step(landscape, x, normal)``, and nothing is written twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from landscape_sim import elementary, vectors
from landscape_sim.jit import JIT_FLAGS, kernel_method
from landscape_sim.packed_functions import exponentials, logarithms, trigonometric

#: The annotations of the registered methods are not those of the functions here.
_METHOD: dict[str, Any] = {"jit_options": JIT_FLAGS, "strict": False}


def _register_of_position(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, x: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_landscape(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, landscape: Any, x: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_normal(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, landscape: Any, x: Any, normal: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_kick(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, x: Any, amplitude: Any, normal: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_input(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, position: Any, x: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_total(name: str) -> None:
    @kernel_method(name)
    def method(self: Any, x: Any, velocity: Any, total: Any) -> Any:
        return getattr(self.instance_class, name)


def _register_of_nothing(name: str) -> None:
    @kernel_method(name)
    def method(self: Any) -> Any:
        return getattr(self.instance_class, name)


_register_of_kick("kick")
_register_of_total("advance")
for _name in ("is_random", "weight"):
    _register_of_nothing(_name)
for _name in ("prediction", "prediction_gradient", "pull_back", "shift", "base"):
    _register_of_input(_name)
_register_of_position("coefficients")
for _name in ("loss", "gradient", "point", "distance", "excess", "direction", "spread", "score"):
    _register_of_position(_name)
for _name in ("modulation", "diffusivity_gradient", "noise_amplitude"):
    _register_of_landscape(_name)
for _name in ("step", "clock_rate", "observed"):
    _register_of_normal(_name)


def _register_packed(function: Any, packed: Any) -> None:
    @overload(function, **_METHOD)
    def compiled(x: Any) -> Any:
        return lambda x: packed(float(x))


for _room, _names in (
    (exponentials, ("exp", "expm1", "sinh", "cosh", "tanh")),
    (logarithms, ("log", "log1p")),
    (trigonometric, ("sin", "cos", "tan", "atan")),
):
    for _name in _names:
        _register_packed(getattr(elementary, _name), getattr(_room, _name))


@overload(elementary.power, **_METHOD)
def _power(x: Any, exponent: Any) -> Any:
    return lambda x, exponent: logarithms.power(float(x), exponent)


# Below, recursion instead of loops over coordinates: the variable of an inner
# loop would make LLVM peel the first lane off the loop over lanes, which then
# leaves three of 32 lanes to scalar code and all others misaligned. Every coordinate is a
# compilation within a compilation, which Python allows for some 26: more go by blocks.
_BLOCK = 24


@overload(vectors.dot, **_METHOD)
def _dot(x: Any, y: Any) -> Any:
    if len(x) == 0:
        return lambda x, y: 0.0
    if len(x) == 1:
        return lambda x, y: x[0] * y[0]
    if len(x) > _BLOCK:
        return lambda x, y: (
            vectors.dot(x[:_BLOCK], y[:_BLOCK]) + vectors.dot(x[_BLOCK:], y[_BLOCK:])
        )
    return lambda x, y: x[0] * y[0] + vectors.dot(x[1:], y[1:])


@overload(vectors.scale, **_METHOD)
def _scale(a: Any, x: Any) -> Any:
    if len(x) == 0:
        return lambda a, x: ()
    if len(x) > _BLOCK:
        return lambda a, x: (*vectors.scale(a, x[:_BLOCK]), *vectors.scale(a, x[_BLOCK:]))
    return lambda a, x: (a * x[0], *vectors.scale(a, x[1:]))


@overload(vectors.multiply, **_METHOD)
def _multiply(x: Any, y: Any) -> Any:
    if len(x) == 0:
        return lambda x, y: ()
    if len(x) > _BLOCK:
        return lambda x, y: (
            *vectors.multiply(x[:_BLOCK], y[:_BLOCK]),
            *vectors.multiply(x[_BLOCK:], y[_BLOCK:]),
        )
    return lambda x, y: (x[0] * y[0], *vectors.multiply(x[1:], y[1:]))


@overload(vectors.displace, **_METHOD)
def _displace(x: Any, a: Any, y: Any) -> Any:
    if len(x) == 0:
        return lambda x, a, y: ()
    if len(x) > _BLOCK:
        return lambda x, a, y: (
            *vectors.displace(x[:_BLOCK], a, y[:_BLOCK]),
            *vectors.displace(x[_BLOCK:], a, y[_BLOCK:]),
        )
    return lambda x, a, y: (x[0] + a * y[0], *vectors.displace(x[1:], a, y[1:]))


@overload(vectors.transform, **_METHOD)
def _transform(rows: Any, x: Any) -> Any:
    if len(rows) == 1:
        return lambda rows, x: (vectors.dot(rows[0], x),)
    if len(rows) > _BLOCK:
        return lambda rows, x: (
            *vectors.transform(rows[:_BLOCK], x),
            *vectors.transform(rows[_BLOCK:], x),
        )
    return lambda rows, x: (vectors.dot(rows[0], x), *vectors.transform(rows[1:], x))


@overload(vectors.positive_reciprocal, **_METHOD)
def _positive_reciprocal(a: Any) -> Any:
    return lambda a: 1.0 / a if a > 0.0 and a < np.inf else np.nan


def load(rows: Any, lane: int, like: tuple[float, ...]) -> tuple[float, ...]:
    """Return column ``lane`` of ``rows``, shape ``(n, lanes)``, as a tuple of ``n`` floats."""
    return tuple(float(rows[i, lane]) for i in range(len(like)))


@overload(load, **_METHOD)
def _load(rows: Any, lane: Any, like: Any) -> Any:
    if len(like) == 1:
        return lambda rows, lane, like: (np.float64(rows[0, lane]),)
    if len(like) > _BLOCK:
        return lambda rows, lane, like: (
            *load(rows, lane, like[:_BLOCK]),
            *load(rows[_BLOCK:], lane, like[_BLOCK:]),
        )
    return lambda rows, lane, like: (np.float64(rows[0, lane]), *load(rows[1:], lane, like[1:]))


def store(rows: Any, lane: int, values: tuple[float, ...]) -> None:
    """Write ``values`` into column ``lane`` of ``rows``, shape ``(n, lanes)``."""
    for i, value in enumerate(values):
        rows[i, lane] = value


@overload(store, **_METHOD)
def _store(rows: Any, lane: Any, values: Any) -> Any:
    def last(rows: Any, lane: Any, values: Any) -> None:
        rows[0, lane] = values[0]

    def first(rows: Any, lane: Any, values: Any) -> None:
        rows[0, lane] = values[0]
        store(rows[1:], lane, values[1:])

    def blocks(rows: Any, lane: Any, values: Any) -> None:
        store(rows, lane, values[:_BLOCK])
        store(rows[_BLOCK:], lane, values[_BLOCK:])

    if len(values) > _BLOCK:
        return blocks
    return last if len(values) == 1 else first
