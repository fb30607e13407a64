"""What functions and classes held when they were first seen: Numba will not look again."""

from __future__ import annotations

from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from landscape_sim.validation import InputError

_READ: WeakKeyDictionary[FunctionType, dict[str, str]] = WeakKeyDictionary()
_METHODS: WeakKeyDictionary[type, dict[str, str]] = WeakKeyDictionary()


def was_seen(function: FunctionType) -> bool:
    """Return whether anybody has looked at what ``function`` reads."""
    return function in _READ


def require_same_reads(function: FunctionType, reads: dict[str, str]) -> None:
    """Raise InputError if ``function`` reads other values than when it was first seen."""
    first = _READ.setdefault(function, reads)
    changed = [name for name in {**first, **reads} if first.get(name) != reads.get(name)]
    if changed:
        raise InputError(
            f"{function.__qualname__} has been compiled with another value of {changed[0]}; "
            "define it again, or make the value a field of its class"
        )


def require_same_methods(one: type, methods: dict[str, str]) -> None:
    """Raise InputError if the class has other methods than when they were first seen."""
    first: Any = _METHODS.setdefault(one, {})
    for name, method in methods.items():
        if first.setdefault(name, method) != method:
            raise InputError(
                f"{one.__qualname__} has been compiled with another method {name}; "
                "define the class again"
            )
