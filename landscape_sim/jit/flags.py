"""With which options functions and methods are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit, types
from numba.extending import overload_method

#: Flags of every compiled function. Contraction to fused multiply-adds is the
#: only liberty: reassociation breaks the polynomial logarithm, and assuming
#: that no NaN occurs would remove the test for a loss that turned negative.
JIT_FLAGS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "boundscheck": False,
    # Nothing calls a kernel from C.
    "no_cfunc_wrapper": True,
}

_INLINED: dict[str, Any] = {**JIT_FLAGS, "forceinline": True, "no_cpython_wrapper": True}

#: For large parts of a kernel that are no loop over lanes: pasted in before types are inferred,
#: they are compiled once and not three times. A loop over lanes would lose its packed
#: instructions that way.
PASTED: dict[str, Any] = {**JIT_FLAGS, "inline": "always"}


def inlined(function: Callable[..., Any]) -> Any:
    """Compile ``function`` into the kernels that call it: a decorator.

    For what runs inside a loop over lanes: the loop is vectorised only as a whole. Python cannot
    call the function; what Numba writes for such calls would take a quarter of a kernel's time.
    """

    def refuse(*arguments: Any, **named: Any) -> None:
        raise TypeError(f"{function.__name__} is for compiled code; call its py_func")

    piece = njit(**_INLINED)(function)
    # Numba itself would call the address 0.
    piece._insert, piece._compile_for_args = (lambda *entry: None), refuse
    return piece


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
