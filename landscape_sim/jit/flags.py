"""With which options functions and methods are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import overload_method

#: Flags of every compiled function. Contraction to fused multiply-adds is the
#: only liberty: reassociation breaks the polynomial logarithm, and assuming
#: that no NaN occurs would remove the test for a loss that turned negative.
JIT_FLAGS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "boundscheck": False,
    "no_cfunc_wrapper": True,
}

#: For what runs inside a loop over lanes: the loop is vectorised only as a whole.
INLINED: dict[str, Any] = {**JIT_FLAGS, "forceinline": True, "no_cpython_wrapper": True}

#: For large parts of a kernel that are no loop over lanes: pasted in before types are inferred,
#: they are compiled once and not three times. A loop over lanes would lose its packed
#: instructions that way.
PASTED: dict[str, Any] = {**JIT_FLAGS, "inline": "always"}

#: The names of the methods that kernels call.
KERNEL_METHODS: set[str] = set()
#: What :func:`kernel_method` has decorated.
RETURNS_METHOD: set[Callable[..., Any]] = set()


def kernel_method(name: str) -> Any:
    """Return the decorator that lets kernels call the method ``name`` of any NamedTuple.

    What it decorates has the method's arguments and returns the method, for the type of
    ``self``; the names of its arguments are those of the contract, not of every class.
    """
    KERNEL_METHODS.add(name)
    register = overload_method(types.BaseNamedTuple, name, jit_options=JIT_FLAGS, strict=False)

    def decorate(returns_method: Callable[..., Any]) -> Any:
        RETURNS_METHOD.add(returns_method)
        return register(returns_method)

    return decorate
