"""Kernels compiled for what they are called with, from the disk where that is possible."""

from __future__ import annotations

import copy
import gc
import hashlib
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from threading import Lock
from typing import Any

import llvmlite
import numba
import numpy as np
from numba import njit
from numba.core import typing
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps, loads
from numba.core.sigutils import normalize_signature

from landscape_sim.jit import store
from landscape_sim.jit.arguments import classes_in, classes_of, text_of_type
from landscape_sim.jit.fingerprint import fingerprint, require_unchanged
from landscape_sim.jit.flags import JIT_FLAGS
from landscape_sim.jit.origin import is_foreign_class
from landscape_sim.jit.symbols import has_common_names
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from landscape_sim.waiting import waiting_for

_LOCK = Lock()
#: Settings of Numba that change machine code, and may come from a program or from a file.
_CODE_SETTINGS = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "CPU_NAME", "CPU_FEATURES", "ENABLE_AVX"),
    *("BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS"),
    *("USING_SVML", "EXTEND_VARIABLE_LIFETIMES", "ENABLE_PROFILING", "DEBUG_NRT"),
)
#: Settings of Numba that say nothing about machine code.
_NO_SETTINGS = {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"}


def compiled(kernel: Callable[..., Any], *arguments: Any) -> Any:
    """Return ``kernel`` compiled for these arguments, from the disk where that is possible.

    Parameters
    ----------
    kernel : callable
        A plain Python function.
    *arguments : NamedTuple
        What it will be called with, where users may bring classes of their own.

    Raises
    ------
    InputError
        If a method of an argument's class was compiled before and was replaced since, or would
        read other values now, because a helper or a constant of its module was changed; or if
        Numba's compiler is switched off.
    """
    if numba.config.DISABLE_JIT:
        raise InputError(
            "NUMBA_DISABLE_JIT is set, and without the compiler a simulation takes some thousand "
            "times as long; unset it"
        )
    classes = tuple(classes_of(arguments))
    with suppress(UnknownCode):
        require_unchanged(kernel, classes)
    with _LOCK:
        return _dispatcher(kernel, tuple(filter(is_foreign_class, classes)))


# One for each foreign class: a dispatcher of Numba takes classes of one name with fields of one
# name for the same, wherever they are defined, and would run the machine code of the first.
@cache
def _dispatcher(kernel: Callable[..., Any], foreign: tuple[type, ...]) -> Any:
    dispatcher = njit(**JIT_FLAGS)(kernel)
    # Numba's own cache is one index for all signatures of a function, which processes read,
    # change and write without a lock; and it trusts every file that it finds.
    dispatcher._cache = cache = KernelCache(kernel, foreign)
    # LLVM calls back into Python, where an exception of Ctrl-C is lost, or the process with it.
    compile_it = held_signals()(dispatcher.compile)

    def compile_or_wait(signature: Any) -> Any:
        with cache.made_once(signature):
            return compile_it(signature)

    dispatcher.compile = compile_or_wait
    make = dispatcher._compiler.compile

    def make_at_once(*signature: Any) -> Any:
        with waiting_for(f"compiling {kernel.__name__}"), _no_garbage_collection():
            return make(*signature)

    dispatcher._compiler.compile = make_at_once
    return dispatcher


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Leave garbage where it is: to look through all that a compilation makes takes a fifth of it.

    What it makes stays in use for most of its time, and is some 40 megabytes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class KernelCache:
    """The machine code of one kernel; what Numba's dispatchers ask of a cache.

    A cache never stops a run: what cannot be read is compiled again, and what cannot be
    written is compiled in every process.
    """

    cache_path = None

    def __init__(self, kernel: Callable[..., Any], foreign: Iterable[type]) -> None:
        self._kernel, self._foreign = kernel, set(foreign)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the compiled kernel for a signature, or None if it is to be compiled."""
        target.refresh()
        arguments, _ = normalize_signature(signature)
        named = self._named(arguments)
        payload = None if named is None else store.read(*named)
        if payload is None:
            return None
        try:
            return _rebuilt(target, tuple(arguments), payload)
        except Exception:  # whatever a pickle that does not fit may raise
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled kernel, if it can be kept."""
        if result.library.has_dynamic_globals or not all(one.can_cache for one in result.lifted):
            return
        arguments, _ = normalize_signature(signature)
        named = self._named(arguments)
        if named is None:
            return
        try:
            payload = _reduced(result)
        except Exception:  # whatever an object that cannot be pickled may raise
            return
        if not has_common_names(result.library._get_compiled_object()):
            store.write(*named, payload)

    def made_once(self, signature: Any) -> AbstractContextManager[None]:
        """Return a block that processes which need the same machine code do not enter together."""
        named = self._named(normalize_signature(signature)[0])
        return nullcontext() if named is None else store.made_once(named[0])

    def flush(self) -> None:
        """Do nothing: what was written stays right."""

    def _named(self, arguments: Any) -> tuple[str, bytes] | None:
        """Return name and key of the file for these argument types, or None for no file."""
        classes = [one for argument in arguments for one in classes_in(argument)]
        unnamed = set(filter(is_foreign_class, classes)) - self._foreign
        if unnamed:
            raise TypeError(f"{self._kernel.__name__} was not compiled for {unnamed}")
        try:
            code = fingerprint(self._kernel, classes)
            prefix = file_prefix(self._kernel)
            signature = tuple(map(text_of_type, arguments))
        except UnknownCode:
            return None
        text = (prefix, code, signature)
        key = hashlib.sha256(repr(text).encode())
        return f"{prefix}{key.hexdigest()[:32]}", key.digest()


def file_prefix(kernel: Callable[..., Any]) -> str:
    """Return how the names of the kernel's files begin, whatever it is called with."""
    versions = numba.__version__, llvmlite.__version__, np.__version__, platform.python_version()
    settings = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name not in _NO_SETTINGS
    )
    config = [(name, str(getattr(numba.config, name, None))) for name in _CODE_SETTINGS]
    cpu = cpu_target.target_context.codegen().magic_tuple()
    own = (kernel.__module__, fingerprint(kernel, ()), versions, settings, config, cpu)
    return f"{kernel.__name__}-{hashlib.sha256(repr(own).encode()).hexdigest()[:16]}-"


def has_machine_code(kernel: Callable[..., Any]) -> bool:
    """Return whether ``kernel`` is on the disk as it is now, for whatever it is called with."""
    try:
        return bool(store.machine_code_files(file_prefix(kernel)))
    except UnknownCode:
        return False


def _reduced(result: Any) -> bytes:
    """Return a compile result as bytes, without the types of its arguments.

    These hold the user's classes, of which another process has its own.
    """
    library, descriptor, environment, signature, object_mode, lifted, _, *rest = result._reduce()
    descriptor = copy.copy(descriptor)
    descriptor.argtypes = ()
    return bytes(
        dumps((library, descriptor, environment, signature.return_type, object_mode, lifted, rest))
    )


def _rebuilt(target: Any, arguments: tuple[Any, ...], payload: bytes) -> Any:
    library, descriptor, environment, returned, object_mode, lifted, rest = loads(payload)
    descriptor.argtypes = arguments
    signature = typing.signature(returned, *arguments)
    parts = library, descriptor, environment, signature, object_mode, lifted, "", *rest
    return CompileResult._rebuild(target, *parts)
