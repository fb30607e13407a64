"""Whose code something is: the package's, a library's, or a user's.

What an object says of itself does not count, nor the name of its module: a user may have a file
``profile.py``, or put a function of his own into a module of the package.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite
import numba
import numpy as np

from landscape_sim.jit.sources import PACKAGE

#: The code in them belongs to the versions of Python, Numba and NumPy.
_LIBRARIES = tuple(
    f"{folder}{os.sep}"
    for folder in {
        *(str(Path(str(one.__file__)).parent) for one in (os, np, numba, llvmlite)),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")),
    }
)
_PACKAGES_OF_USERS = ("site-packages", "dist-packages")


def is_own_module(name: str) -> bool:
    """Return whether a module is the package's."""
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def is_own(function: FunctionType) -> bool:
    """Return whether a function stands in the package's file where it is read."""
    name = function.__globals__.get("__name__", "")
    module = sys.modules.get(name) if is_own_module(name) else None
    return (
        module is not None
        and vars(module) is function.__globals__
        and module.__file__ == function.__code__.co_filename
    )


def is_library(value: Any) -> bool:
    """Return whether a module of a library has ``value`` under the name that ``value`` gives."""
    name = getattr(value, "__module__", None)
    if not isinstance(name, str) or not _is_library_module(name):
        return False
    found: Any = sys.modules[name]
    for part in str(getattr(value, "__qualname__", getattr(value, "__name__", ""))).split("."):
        found = getattr(found, part, None)
    return found is value


def is_foreign_class(one: type) -> bool:
    """Return whether a class is neither the package's own nor a library's."""
    return not is_own_module(one.__module__) and not is_library(one)


def _is_library_module(name: str) -> bool:
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if file is None:
        return getattr(getattr(module, "__spec__", None), "origin", None) in ("built-in", "frozen")
    return is_library_file(file)


@lru_cache(maxsize=4096)
def is_library_file(file: str) -> bool:
    """Return whether a file of code is the standard library's, NumPy's or Numba's."""
    for folder in _LIBRARIES:
        first = file.removeprefix(folder).partition(os.sep)[0]
        if file.startswith(folder) and first not in _PACKAGES_OF_USERS:
            return True
    return False
