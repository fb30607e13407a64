"""Which packed function takes the place of an elementary one where a kernel calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.extending import overload

from landscape_sim import elementary
from landscape_sim.jit import JIT_FLAGS
from landscape_sim.packed_functions import exponentials, logarithms, trigonometric


def _register(function: Callable[..., Any], packed: Any) -> None:
    @overload(function, jit_options=JIT_FLAGS, strict=False)
    def compiled(x: Any) -> Any:
        return lambda x: packed(float(x))


for _room, _names in (
    (exponentials, ("exp", "expm1", "sinh", "cosh", "tanh")),
    (logarithms, ("log", "log1p")),
    (trigonometric, ("sin", "cos", "tan", "atan")),
):
    for _name in _names:
        _register(getattr(elementary, _name), getattr(_room, _name))


@overload(elementary.power, jit_options=JIT_FLAGS, strict=False)
def _power(x: Any, exponent: Any) -> Any:
    return lambda x, exponent: logarithms.power(float(x), exponent)
