"""What a kernel is called with: the types of its arguments, and the classes among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba import types

from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.jit.values import name_of

_NUMBERS = (types.Number, types.Boolean)


def classes_of(values: tuple[Any, ...]) -> Iterator[type]:
    """Yield the class of every NamedTuple among ``values``, nested ones included."""
    for value in values:
        if isinstance(value, tuple):
            if type(value) is not tuple:
                yield type(value)
            yield from classes_of(value)


def classes_in(numba_type: Any) -> Iterator[type]:
    """Yield the class of every NamedTuple in a type of Numba, one for each place."""
    if isinstance(numba_type, types.BaseTuple):
        if isinstance(numba_type, types.BaseNamedTuple):
            yield numba_type.instance_class
        for item in numba_type:
            yield from classes_in(item)


def text_of_type(numba_type: Any) -> str:
    """Return text that tells a type of Numba from all others, but for classes of one name.

    Numba's own text has neither the fields nor the modules of NamedTuples.
    """
    if isinstance(numba_type, types.BaseTuple):
        named = ""
        if isinstance(numba_type, types.BaseNamedTuple):
            named = f"{name_of(numba_type.instance_class)} {numba_type.fields}"
        kind = type(numba_type).__name__
        return f"{kind} {named} {list(map(text_of_type, numba_type))}"
    is_array = isinstance(numba_type, types.Array) and isinstance(numba_type.dtype, _NUMBERS)
    if is_array or isinstance(numba_type, (*_NUMBERS, types.NoneType)):
        return f"{type(numba_type).__name__} {numba_type}"
    raise UnknownCode(f"nothing is known of the type {numba_type}")
