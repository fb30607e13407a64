"""How kernels are compiled, and where the machine code is cached.

Numba checks only a kernel's own file when it decides whether a cached version
is fresh: an edited gradient in a landscape's file would go unnoticed. So the
cache lives in a directory named by a hash of every source that a kernel can be
built from, the package's own and those of the user's landscape classes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import njit

from landscape_sim.cache import cache_directory

#: Flags of every compiled function. Contraction to fused multiply-adds is the
#: only liberty: reassociation breaks the polynomial logarithm, and assuming
#: that no NaN occurs would remove the test for a loss that turned negative.
JIT_FLAGS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract"},
    "boundscheck": False,
}

#: For what runs inside a loop over lanes: the loop is vectorised only as a whole.
INLINED: dict[str, Any] = {**JIT_FLAGS, "forceinline": True}

#: For large parts of a kernel that are no loop over lanes: pasted in before types are inferred,
#: they are compiled once and not three times. A loop over lanes would lose its packed
#: instructions that way.
PASTED: dict[str, Any] = {**JIT_FLAGS, "inline": "always"}

_PACKAGE = Path(__file__).resolve().parent
_KERNEL_SOURCES = (
    *("jit.py", "vectors.py", "random_numbers/*.py", "kernels/*.py"),
    *("landscapes/*.py", "dynamics/*.py", "models/*.py"),
    *("rare_events/core.py", "rare_events/scores.py"),
)


def compiled(kernel: Callable[..., Any], *arguments: Any) -> Any:
    """Return ``kernel`` compiled for ``arguments``, from the disk cache where possible.

    Parameters
    ----------
    kernel : callable
        A plain Python function.
    *arguments : NamedTuple
        The landscape, dynamics and target it will be called with; their source
        files take part in the name of the cache directory.
    """
    foreign = sorted(set(_foreign_sources(arguments)), key=str)
    return _dispatcher(kernel, _fingerprint(tuple(foreign)))


@cache
def _dispatcher(kernel: Callable[..., Any], fingerprint: str | None) -> Any:
    dispatcher = njit(**JIT_FLAGS)(kernel)
    directory = _cache_directory(fingerprint)
    if directory is not None:
        previous = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(directory)
        try:
            dispatcher.enable_caching()
        finally:
            numba.config.CACHE_DIR = previous
    return dispatcher


def has_cached_kernels() -> bool:
    """Return whether any kernel of the package's own landscapes is in the cache."""
    directory = _cache_directory(_fingerprint(()))
    return directory is not None and any(directory.iterdir())


def _cache_directory(fingerprint: str | None) -> Path | None:
    """Return a writable directory for the fingerprint, or None to do without a cache."""
    if fingerprint is None:
        return None
    directory = cache_directory() / f"kernels-{fingerprint}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return directory


def _fingerprint(foreign: tuple[Path | None, ...]) -> str | None:
    """Hash the package's kernel sources and the foreign ones; None if one cannot be read."""
    own = sorted(path for pattern in _KERNEL_SOURCES for path in _PACKAGE.glob(pattern))
    digest = hashlib.sha256()
    for path in (*own, *foreign):
        if path is None or not path.is_file():
            return None
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _foreign_sources(values: Any) -> Iterator[Path | None]:
    """Yield the source file of every class, nested ones included, from outside the package."""
    for value in values:
        if not isinstance(value, tuple):
            continue
        yield from _foreign_sources(value)
        if type(value) is tuple:
            continue
        source = getattr(sys.modules.get(type(value).__module__), "__file__", None)
        path = None if source is None else Path(source).resolve()
        if path is None or not path.is_relative_to(_PACKAGE):
            yield path
