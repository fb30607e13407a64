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
from landscape_sim.kernels.vector_instructions import load, store
from landscape_sim.packed_functions import exponentials, logarithms, trigonometric
from landscape_sim.packed_functions.bits import is_positive

__all__ = ["load", "store"]

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


@overload(vectors.positive_reciprocal, **_METHOD)
def _positive_reciprocal(a: Any) -> Any:
    return lambda a: 1.0 / a if is_positive(float(a)) else np.nan
