"""Generated Python modules: kept on disk, so that compiled code can refer to them."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from types import ModuleType

from landscape_sim.cache import cache_directory

_LOADING = Lock()


def load_module(source: str) -> ModuleType:
    """Return the module with this source, loaded once a process.

    Its name and its file are named by a hash of the source: machine code that was cached
    for its classes stays valid in other processes.
    """
    name = f"landscape_sim_formula_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    with _LOADING:
        if name not in sys.modules:
            sys.modules[name] = _run(name, _stored(f"{name}.py", source))
        return sys.modules[name]


def _run(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _stored(name: str, source: str) -> Path:
    """Return a file with this source in the cache, or in a directory of this process."""
    try:
        return _write(cache_directory() / "formulas" / name, source)
    except OSError:
        return _write(Path(_temporary_directory().name) / name, source)


def _write(path: Path, source: str) -> Path:
    """Write the file, in one step as others see it, unless it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = source.encode()
    if not path.is_file() or path.read_bytes() != content:
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    return path


@cache
def _temporary_directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="landscape_sim-")
