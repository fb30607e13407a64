"""What the machine code of a kernel depends on, as a hash.

Numba looks at a kernel's own file when it decides whether machine code is fresh; a landscape's
gradient, a helper that it calls and a constant that it reads may have changed unseen. Here the
package's own code counts file by file, with all that it imports. Foreign code, a user's
landscape say, counts function by function: the methods that kernels call, the functions that
these reach, and the values that they read, which Numba freezes into the machine code.
"""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from numba.core import types
from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from landscape_sim.jit.bytecode import code_digest, surroundings
from landscape_sim.jit.flags import KERNEL_METHODS, kernel_method
from landscape_sim.jit.sources import PACKAGE, sources_digest
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.validation import InputError

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
#: Their code belongs to the versions of Python, Numba and NumPy.
_LIBRARIES = sys.stdlib_module_names | {"builtins", "numpy", "numba", "llvmlite"}
_OURS_AND_LIBRARIES = _LIBRARIES | {PACKAGE}

#: Name by name, what a function read when it was first seen: Numba will not look again.
_first_seen: WeakKeyDictionary[FunctionType, dict[str, str]] = WeakKeyDictionary()
#: Functions that were compiled before anybody looked at what they read.
_compiled_unseen: WeakSet[FunctionType] = WeakSet()


def fingerprint(kernel: Callable[..., Any], classes: Iterable[type]) -> str:
    """Return a hash of all code that ``kernel`` reaches when it is given these classes.

    Raises
    ------
    UnknownCode
        If it reaches something of which nothing can be said for certain.
    InputError
        If a function that has been compiled would read other values now: Numba goes on
        with those of the first time.
    """
    reached = _Reached()
    reached.modules.add(kernel_method.__module__)  # the flags of every kernel
    reached.add_kernel(kernel)
    for one in classes:
        reached.add_class(one)
    functions = sorted(repr(part) for part in reached.follow())
    sources = sources_digest(frozenset(reached.modules))
    return hashlib.sha256("\n".join([sources, *functions]).encode()).hexdigest()


def is_foreign(one: type) -> bool:
    """Return whether a class is neither the package's own nor a library's."""
    return _library_of(one) not in _OURS_AND_LIBRARIES


class _Reached:
    """Modules of the package and foreign functions that are reached."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self._functions: dict[FunctionType, None] = {}

    def follow(self) -> list[tuple[str, ...]]:
        """Return a description of every function that is reached, and of what it reads."""
        parts, n_done = [], 0
        while n_done < len(self._functions):
            function = list(self._functions)[n_done]
            reads = {name: self.describe(value) for name, value in surroundings(function)}
            reads["defaults"] = self.describe((function.__defaults__, function.__kwdefaults__))
            _require_unchanged(function, reads)
            parts.append(
                (_name(function), code_digest(function.__code__), *map(repr, reads.items()))
            )
            n_done += 1
        return parts

    def add_kernel(self, kernel: Callable[..., Any]) -> None:
        """Add what is compiled itself."""
        if isinstance(kernel, FunctionType):
            self._describe_function(kernel, is_compiled=True)
        else:
            raise UnknownCode(f"{kernel} is no function")

    def add_class(self, one: type) -> None:
        """Add the methods that kernels call, and those whose names these call."""
        foreign: dict[str, list[FunctionType]] = {}
        for base in one.__mro__:
            if _library_of(base) == PACKAGE:
                self.modules.add(base.__module__)
            elif is_foreign(base):
                for name, member in vars(base).items():
                    method = getattr(member, "__func__", member)
                    if isinstance(method, FunctionType):
                        foreign.setdefault(name, []).append(method)
        names = set(KERNEL_METHODS)
        while called := names & foreign.keys():
            for method in itertools.chain.from_iterable(map(foreign.pop, sorted(called))):
                self._functions[method] = None
                names.update(method.__code__.co_names)

    def describe(self, value: Any) -> str:
        """Return text that tells ``value`` from others; functions in it are to be followed."""
        if isinstance(value, _PLAIN):
            return f"{type(value).__name__} {value!r}"
        if isinstance(value, tuple | list):
            if type(value) not in (tuple, list):
                self.add_class(type(value))
            return f"{_name(type(value))} {[self.describe(item) for item in value]}"
        if isinstance(value, set | frozenset):
            return f"set {sorted(self.describe(item) for item in value)}"
        if isinstance(value, dict):
            return f"dict {sorted(self.describe(item) for item in value.items())}"
        if isinstance(value, types.Type):
            return f"type of Numba {value}"
        if isinstance(value, Dispatcher):
            return self._describe_compiled(value)
        if _library_of(value) in _LIBRARIES and hasattr(value, "__name__"):
            return f"library {_name(value)}"
        if isinstance(value, type) and issubclass(value, tuple):
            self.add_class(value)
            return f"class {_name(value)}"
        if isinstance(value, FunctionType):
            return self._describe_function(value)
        return _describe_numbers(value)

    def _describe_compiled(self, dispatcher: Any) -> str:
        function = dispatcher.py_func
        if _library_of(function) != PACKAGE:
            if function not in _first_seen and dispatcher.overloads:
                _compiled_unseen.add(function)
            # Numba's own cache looks at one file only, hence at least as blindly.
            if function in _compiled_unseen or not isinstance(dispatcher._cache, NullCache):
                raise UnknownCode(f"{_name(function)} was compiled before it was looked at")
        options = self.describe(dispatcher.targetoptions)
        return f"compiled {self._describe_function(function, is_compiled=True)} {options}"

    def _describe_function(self, function: FunctionType, is_compiled: bool = False) -> str:
        if _library_of(function) == PACKAGE:
            self.modules.add(function.__module__)
            return f"package {_name(function)}"
        self._functions[function] = None
        text = f"function {_name(function)} {code_digest(function.__code__)}"
        return text if is_compiled else f"{text} {self._describe_overloads(function)}"

    def _describe_overloads(self, function: FunctionType) -> str:
        """Describe what Numba compiles where a plain function is called."""
        cpu_target.typing_context.refresh()
        try:
            templates = cpu_target.typing_context.resolve_value_type(function).templates
            pairs = [(each._overload_func, each._jit_options) for each in templates]
        except (NumbaError, ValueError, AttributeError):
            raise UnknownCode(f"nobody knows how Numba compiles {_name(function)}") from None
        return str([self._describe_function(made, True) + self.describe(o) for made, o in pairs])


def _describe_numbers(value: Any) -> str:
    """Describe an array or a number of NumPy."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or _library_of(type(value)) != "numpy" or dtype.hasobject:
        raise UnknownCode(f"nothing is known of {type(value)}")
    layout = value.flags.c_contiguous, value.flags.f_contiguous, value.flags.writeable
    return f"{dtype.str} {value.shape} {layout} {hashlib.sha256(value.tobytes()).hexdigest()}"


def _require_unchanged(function: FunctionType, reads: dict[str, str]) -> None:
    first = _first_seen.setdefault(function, reads)
    changed = [name for name in {**first, **reads} if first.get(name) != reads.get(name)]
    if changed:
        raise InputError(
            f"{function.__qualname__} has been compiled with another value of {changed[0]}; "
            "define it again, or make the value a field of its class"
        )


def _name(value: Any) -> str:
    return f"{value.__module__}.{getattr(value, '__qualname__', value.__name__)}"


def _library_of(value: Any) -> str:
    return str(getattr(value, "__module__", None) or "").partition(".")[0]
