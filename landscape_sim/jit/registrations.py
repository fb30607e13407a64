"""What users have registered with Numba, apart from functions of their own.

A method, an attribute, an operator or a function of a library that a user has given to Numba
is reached without being read as a value; machine code that may have reached one is not kept.
"""

from __future__ import annotations

import operator
from threading import Lock
from types import FunctionType
from typing import Any

from numba.core.typing.templates import builtin_registry

from landscape_sim.jit.flags import RETURNS_METHOD
from landscape_sim.jit.origin import is_library_file, is_own
from landscape_sim.jit.unknown import UnknownCode


class _Registered:
    """Names and values that users have registered so far; Numba's lists only grow."""

    def __init__(self) -> None:
        self.attributes: set[str] = set()
        self.values: list[Any] = []
        self._n_attributes = self._n_values = 0
        self._lock = Lock()

    def refresh(self) -> None:
        """Read what was registered since the last time."""
        with self._lock:
            self._read(
                builtin_registry.attributes[self._n_attributes :],
                builtin_registry.globals[self._n_values :],
            )

    def _read(self, attributes: list[Any], values: list[Any]) -> None:
        self._n_attributes += len(attributes)
        self._n_values += len(values)
        for template in filter(_is_foreign, attributes):
            resolved = (name.removeprefix("resolve_") for name in vars(template))
            self.attributes |= {str(getattr(template, "_attr", "")), *resolved}
        for value, numba_type in values:
            if any(map(_is_foreign, getattr(numba_type, "templates", ()))):
                self.values.append(value)


_registered = _Registered()
_OPERATORS = [value for name, value in vars(operator).items() if not name.startswith("__")]


def require_unregistered_names(names: set[str]) -> None:
    """Raise UnknownCode if one of ``names`` is a method or an attribute that users registered.

    Likewise if they registered an operator, which no name tells.
    """
    _registered.refresh()
    found = names & _registered.attributes
    if found:
        raise UnknownCode(f"{min(found)} was registered with Numba")
    if any(value is one for value in _registered.values for one in _OPERATORS):
        raise UnknownCode("an operator was registered with Numba")


def require_unregistered(value: Any) -> None:
    """Raise UnknownCode if users told Numba how to compile a library's ``value``."""
    _registered.refresh()
    if any(value is one for one in _registered.values):
        raise UnknownCode(f"{value} was registered with Numba")


def _is_foreign(template: Any) -> bool:
    made = getattr(template, "_overload_func", None)
    if made is None:
        # A class of typing rules; those that Numba makes by ``type`` are in the module ``abc``.
        return template.__module__.partition(".")[0] not in ("numba", "abc")
    if not isinstance(made, FunctionType):
        return True
    return not (
        made in RETURNS_METHOD or is_own(made) or is_library_file(made.__code__.co_filename)
    )
