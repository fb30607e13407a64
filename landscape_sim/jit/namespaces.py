"""The package's modules as they stand in this process, which may have been changed from outside.

Their files tell what they are made of; a constant that a user has set to another value is seen
only here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from inspect import unwrap
from types import FunctionType, ModuleType
from typing import Any

from numba.core.dispatcher import Dispatcher

from landscape_sim.jit.flags import KERNEL_METHODS
from landscape_sim.jit.origin import is_library, is_own, is_own_module
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.jit.values import name_of, text_of


def namespaces_text(modules: Iterable[str]) -> str:
    """Return what the names in ``modules`` stand for, and in the modules that these lead to.

    Raises
    ------
    UnknownCode
        If a function or a method that kernels call is not the package's own any more.
    """
    texts: dict[str, str] = {}
    ahead = set(modules)
    while ahead:
        module = min(ahead)
        reader = _Reader()
        texts[module] = reader.text(vars(sys.modules[module]))
        ahead = (ahead | reader.modules) - texts.keys()
    return str(sorted(texts.items()))


class _Reader:
    """Reads one module, and finds the others that it takes functions and classes from."""

    def __init__(self) -> None:
        self.modules: set[str] = set()

    def text(self, namespace: dict[str, Any]) -> str:
        """Return the names that kernels may read, with their values."""
        names = sorted(name for name in namespace if not name.startswith("__"))
        return str([(name, text_of(namespace[name], self._text)) for name in names])

    def _text(self, value: Any) -> str:
        if isinstance(value, ModuleType):
            if is_own_module(value.__name__) and not hasattr(value, "__path__"):
                self._add(value.__name__)
            return f"module {value.__name__}"
        if isinstance(value, Dispatcher):
            return f"compiled {self._text(value.py_func)}"
        if isinstance(value, type):
            if is_own_module(value.__module__):
                self._add(value.__module__)
                for name in KERNEL_METHODS & vars(value).keys():
                    _require_own(vars(value)[name])
            return f"class {name_of(value)}"
        if is_library(value):
            return f"library {name_of(value)}"
        function: Callable[..., Any] = unwrap(value) if callable(value) else value
        if isinstance(function, FunctionType):
            _require_own(function)
            self._add(function.__module__)
            return f"function {name_of(function)}"
        return f"a {name_of(type(value))}"

    def _add(self, module: str) -> None:
        # How kernels are compiled is not read by any, and is not the same in every process.
        if not module.startswith(__package__):
            self.modules.add(module)


def _require_own(value: Any) -> None:
    if isinstance(value, FunctionType) and not is_own(value):
        raise UnknownCode(f"{name_of(value)} has taken the place of a function of the package")
