"""What the machine code of a kernel depends on, as a hash.

Numba looks at a kernel's own file when it decides whether machine code is fresh; a landscape's
gradient, a helper that it calls and a constant that it reads may have changed unseen. Here the
package's own code counts file by file, with all that it imports, and with the values that its
names have. Foreign code, a user's landscape say, counts function by function: the methods that
kernels call, the functions that these reach, and the values that they read, which Numba freezes
into the machine code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any
from weakref import WeakSet

from numba.core import types
from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from landscape_sim.jit.arguments import text_of_type
from landscape_sim.jit.bytecode import code_digest, names_in, surroundings
from landscape_sim.jit.first_seen import require_same_methods, require_same_reads, was_seen
from landscape_sim.jit.flags import KERNEL_METHODS, kernel_method
from landscape_sim.jit.graph import filled_in, mark, node_digests
from landscape_sim.jit.namespaces import namespaces_text
from landscape_sim.jit.origin import is_library, is_own, is_own_module
from landscape_sim.jit.registrations import require_unregistered, require_unregistered_names
from landscape_sim.jit.sources import sources_digest
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.jit.values import listed, name_of, text_of

#: Functions that were compiled before anybody looked at what they read.
_compiled_unseen: WeakSet[FunctionType] = WeakSet()


def fingerprint(kernel: Callable[..., Any], classes: Iterable[type]) -> str:
    """Return a hash of all code that ``kernel`` reaches when it is given these classes, in order.

    Raises
    ------
    UnknownCode
        If it reaches something of which nothing can be said for certain.
    InputError
        If a function or class that has been compiled would read other values now, or have
        other methods: Numba goes on with those of the first time.
    """
    reached = _Reached(kernel, classes)
    code = reached.follow()
    sources = sources_digest(frozenset({kernel_method.__module__, *reached.modules}))
    names = namespaces_text(reached.modules)
    return hashlib.sha256("\n".join([sources, names, code]).encode()).hexdigest()


def require_unchanged(kernel: Callable[..., Any], classes: Iterable[type]) -> None:
    """Raise what :func:`fingerprint` raises for the functions and classes that are reached."""
    _Reached(kernel, classes).follow()


class _Reached:
    """Modules of the package, and foreign functions and classes, that are reached."""

    def __init__(self, kernel: Callable[..., Any], classes: Iterable[type]) -> None:
        self.modules: set[str] = set()
        self._nodes: dict[FunctionType | type, int] = {}
        if not isinstance(kernel, FunctionType):
            raise UnknownCode(f"{kernel} is no function")
        self._roots = listed([self._describe_function(kernel, True), *map(self._mark, classes)])

    def follow(self) -> str:
        """Return a description of every function and class that is reached.

        All have their place in it: which argument is of which class, and which function reads
        which other, counts as much as what is reached at all.
        """
        parts: list[dict[str, str]] = []
        names = set(KERNEL_METHODS)
        while len(parts) < len(self._nodes):
            node = list(self._nodes)[len(parts)]
            if isinstance(node, type):
                parts.append(self._class_part(node))
            else:
                parts.append(self._function_part(node))
                names |= names_in(node.__code__)
        require_unregistered_names(names)
        digests = node_digests([listed(map(": ".join, part.items())) for part in parts])
        # What is read is looked at before those who read it, to blame the right one.
        for node, part in reversed(list(zip(self._nodes, parts, strict=True))):
            found = {name: filled_in(text, digests) for name, text in part.items()}
            if isinstance(node, type):
                require_same_methods(node, found)
            else:
                require_same_reads(node, found)
        return filled_in(self._roots, digests)

    def _mark(self, node: FunctionType | type) -> str:
        return mark(self._nodes.setdefault(node, len(self._nodes)))

    def _function_part(self, function: FunctionType) -> dict[str, str]:
        reads = {name: self._describe(value) for name, value in surroundings(function)}
        defaults = self._describe((function.__defaults__, function.__kwdefaults__))
        code = f"{name_of(function)} {code_digest(function.__code__)}"
        return {**reads, "its defaults": defaults, "its code": code}

    def _class_part(self, one: type) -> dict[str, str]:
        """Describe the methods that kernels call, and those whose names these call."""
        self.modules.update(base.__module__ for base in one.__mro__ if _is_own_class(base))
        fields, defaults = (getattr(one, name, ()) for name in ("_fields", "_field_defaults"))
        part = {"its fields": f"{name_of(one)} {fields} {self._describe(defaults)}"}
        ahead = set(KERNEL_METHODS)
        while ahead:
            called: set[str] = set()
            for name in sorted(ahead):
                method = _method_of(one, name)
                if isinstance(method, Dispatcher):
                    part[name] = self._describe_compiled(method)
                elif method is not None:
                    part[name] = self._describe_function(method, True)
                    called |= names_in(method.__code__) if not is_own(method) else set()
            ahead = called - part.keys()
        return part

    def _describe(self, value: Any) -> str:
        """Return text that tells ``value`` from others; functions in it are to be followed."""
        return text_of(value, self._describe_code)

    def _describe_code(self, value: Any) -> str:
        if isinstance(value, types.Type):
            return f"type of Numba {text_of_type(value)}"
        if isinstance(value, Dispatcher):
            return self._describe_compiled(value)
        if is_library(value):
            require_unregistered(value)
            return f"library {name_of(value)}"
        if isinstance(value, type) and issubclass(value, tuple):
            return f"class {self._mark(value)}"
        if isinstance(value, FunctionType):
            return self._describe_function(value)
        raise UnknownCode(f"nothing is known of {type(value)}")

    def _describe_compiled(self, dispatcher: Any) -> str:
        function = dispatcher.py_func
        if not is_own(function):
            if not was_seen(function) and dispatcher.overloads:
                _compiled_unseen.add(function)
            # Numba's own cache looks at one file only, hence at least as blindly.
            if function in _compiled_unseen or not isinstance(dispatcher._cache, NullCache):
                raise UnknownCode(f"{name_of(function)} was compiled before it was looked at")
        options = self._describe(dispatcher.targetoptions)
        return f"compiled {self._describe_function(function, is_compiled=True)} {options}"

    def _describe_function(self, function: FunctionType, is_compiled: bool = False) -> str:
        if is_own(function):
            self.modules.add(function.__module__)
            return f"package {name_of(function)}"
        text = f"function {self._mark(function)}"
        return text if is_compiled else f"{text} {listed(self._overloads(function))}"

    def _overloads(self, function: FunctionType) -> Iterator[str]:
        """Describe what Numba compiles where a plain function is called."""
        cpu_target.typing_context.refresh()
        try:
            templates = cpu_target.typing_context.resolve_value_type(function).templates
            found = [(each._overload_func, each._jit_options, each) for each in templates]
        except (NumbaError, ValueError, AttributeError):
            raise UnknownCode(f"nobody knows how Numba compiles {name_of(function)}") from None
        for made, options, template in found:
            if template._compiled_overloads and not was_seen(made):
                raise UnknownCode(f"{name_of(function)} was compiled before it was looked at")
            yield f"{self._describe_function(made, True)} {self._describe(options)}"


def _method_of(one: type, name: str) -> Any:
    """Return what a kernel calls by ``name``, or None if there is nothing to be called."""
    member = getattr(one, name, None)
    function = getattr(member, "__func__", member)
    return function if isinstance(function, FunctionType | Dispatcher) else None


def _is_own_class(one: type) -> bool:
    return is_own_module(one.__module__)
