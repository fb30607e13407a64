"""Generated Python modules: made from their source, never from a file that could be changed."""

from __future__ import annotations

import hashlib
import sys
from importlib.abc import ExecutionLoader
from importlib.util import module_from_spec, spec_from_loader
from threading import Lock
from types import ModuleType

_LOADING = Lock()


def load_module(source: str) -> ModuleType:
    """Return the module with this source, made once a process.

    It is named by a hash of the source, and its source can be shown like that of a file.
    """
    name = f"landscape_sim_formula_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    with _LOADING:
        if name not in sys.modules:
            sys.modules[name] = _made(name, source)
        return sys.modules[name]


def _made(name: str, source: str) -> ModuleType:
    spec = spec_from_loader(name, _SourceLoader(source))
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {name}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _SourceLoader(ExecutionLoader):
    """Loads a module from text."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        return self._source

    def get_filename(self, fullname: str) -> str:
        return f"{fullname}.py"

    def is_package(self, fullname: str) -> bool:
        return False
