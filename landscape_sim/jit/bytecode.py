"""What a Python function says and which names of its surroundings it reads."""

from __future__ import annotations

import builtins
import dis
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from landscape_sim.jit.unknown import UnknownCode

_READS_NAME = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF")
_READS_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")
_BETWEEN = ("EXTENDED_ARG", "PUSH_NULL", "CACHE")
Path = tuple[str, ...]


@lru_cache(maxsize=4096)
def code_digest(code: CodeType) -> str:
    """Return a hash of what ``code`` does, wherever it stands."""
    digest = hashlib.sha256(code.co_code + code.co_exceptiontable)
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags
    digest.update(repr((names, counts, *map(_constant, code.co_consts))).encode())
    return digest.hexdigest()


def _constant(value: Any) -> str:
    if isinstance(value, CodeType):
        return code_digest(value)
    if isinstance(value, tuple):
        return repr(tuple(map(_constant, value)))
    if isinstance(value, frozenset):
        return repr(sorted(map(_constant, value)))
    return f"{type(value).__name__} {value!r}"


def surroundings(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and the value of all that ``function`` reads from outside itself.

    Attributes are followed through modules: ``constants.K`` is the number, not the module.
    What does not exist is left out; Numba refuses it.
    """
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = {**vars(builtins), **function.__globals__}
    for name, cell in cells:
        try:
            known[name] = cell.cell_contents
        except ValueError:  # it is filled later
            raise UnknownCode(f"{name} of {function.__qualname__} is not set") from None
    for path in sorted(paths_read(function.__code__)):
        if path[0] not in known:
            continue
        value, rest = known[path[0]], list(path[1:])
        while isinstance(value, ModuleType) and rest:
            value = getattr(value, rest.pop(0), None)
        yield ".".join(path[: len(path) - len(rest)]), value


@lru_cache(maxsize=4096)
def paths_read(code: CodeType) -> frozenset[Path]:
    """Return the names that ``code`` reads and does not define, each with its attributes."""
    paths: set[Path] = set()
    path: Path = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in _READS_NAME:
            paths.add(path)
            path = (str(instruction.argval),)
        elif path and instruction.opname in _READS_ATTRIBUTE:
            path = (*path, str(instruction.argval))
        elif instruction.opname not in _BETWEEN:
            paths.add(path)
            path = ()
    paths.add(path)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            paths |= paths_read(constant)
    return frozenset(paths - {()})


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> frozenset[str]:
    """Return all names of values and attributes in ``code``, functions inside it included."""
    inner = [names_in(one) for one in code.co_consts if isinstance(one, CodeType)]
    return frozenset(code.co_names).union(*inner)
