"""Values that Numba freezes into machine code, as text that tells one from another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from landscape_sim.jit.origin import is_library
from landscape_sim.jit.unknown import UnknownCode

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))


def text_of(value: Any, text_of_other: Callable[[Any], str]) -> str:
    """Return text for a number, a string, an array, or a container of such and of others.

    Parameters
    ----------
    value : object
        What is described.
    text_of_other : callable
        Describes whatever is none of these.
    """

    def text_of_item(item: Any) -> str:
        return text_of(item, text_of_other)

    kind = type(value)
    if kind in _PLAIN:
        return f"{kind.__name__} {value!r}"
    if kind in (tuple, list):
        return f"{kind.__name__} {listed(map(text_of_item, value))}"
    if kind in (set, frozenset):
        return f"set {listed(sorted(map(text_of_item, value)))}"
    if kind is dict:
        return f"dict {listed(sorted(map(text_of_item, value.items())))}"
    if isinstance(value, tuple):
        return f"{text_of_other(kind)} {listed(map(text_of_item, value))}"
    if isinstance(value, np.ndarray | np.generic) and is_library(kind):
        return _text_of_numbers(value)
    return text_of_other(value)


def _text_of_numbers(value: Any) -> str:
    """Describe an array or a number of NumPy."""
    dtype = value.dtype
    if dtype.hasobject:
        raise UnknownCode(f"nothing is known of objects in {type(value)}")
    # For a structure, ``str`` is its size only.
    layout = dtype.str if dtype.names is None else f"{dtype.descr} {dtype.isalignedstruct}"
    flags = value.flags.c_contiguous, value.flags.f_contiguous, value.flags.writeable
    content = hashlib.sha256(value.tobytes()).hexdigest()
    return f"{type(value).__name__} {layout} {value.shape} {flags} {content}"


def listed(texts: Iterable[str]) -> str:
    """Return texts as one; unlike ``repr`` it leaves them as they are."""
    return f"[{', '.join(texts)}]"


def name_of(value: Any) -> str:
    """Return the full name of a function or class."""
    return f"{value.__module__}.{getattr(value, '__qualname__', value.__name__)}"
