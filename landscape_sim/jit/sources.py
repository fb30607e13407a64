"""The packages' own source files that a module is made of, read off its imports."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from landscape_sim.jit.unknown import UnknownCode

#: The package's name, and the directory that it lies in, with those that are installed beside it.
PACKAGE = __name__.partition(".")[0]
_ROOT = Path(__file__).resolve().parents[2]
_STARTED = time.time()
# Imports are absolute, so that a statement tells all; parsing forty files would take 0.1 s.
_STATEMENT = r"(?:^|[;:])[ \t]*"
_REST = r"(?:\\\n|[^\n])*"
_FROM = re.compile(
    rf"{_STATEMENT}from[ \t]+(\w[\w.]*)[ \t]+import\b[ \t]*"
    rf"(\((?:#[^\n]*|[^#)])*\)|{_REST})",
    re.MULTILINE,
)
_IMPORT = re.compile(rf"{_STATEMENT}import[ \t]({_REST})", re.MULTILINE)
_NAME = re.compile(r"(?<![\w.])\w+\.[\w.]+")


@cache
def sources_digest(modules: frozenset[str]) -> str:
    """Return a hash of the sources of ``modules`` and of all that they import of their package.

    And of this one, which another may be built upon.

    Raises
    ------
    UnknownCode
        If a file cannot be read, or may have been changed since this process has loaded it.
    """
    digest = hashlib.sha256()
    for module in sorted(modules_behind(modules)):
        digest.update(f"{module}\n".encode() + _read(module))
    return digest.hexdigest()


def modules_behind(modules: frozenset[str]) -> set[str]:
    """Return ``modules`` and what they import of their package and of this one, and so on.

    >>> sorted(modules_behind(frozenset({"landscape_sim.vectors", "landscape_sim.registry"})))
    ['landscape_sim.registry', 'landscape_sim.validation', 'landscape_sim.vectors']
    """
    found: set[str] = set()
    ahead = set(modules)
    while ahead:
        found |= ahead
        ahead = {other for module in ahead for other in imported_modules(module)} - found
    return found


def imported_modules(module: str) -> Iterator[str]:
    """Yield the modules of its package and of this one that ``module`` imports, wherever in it."""
    packages = {PACKAGE, module.partition(".")[0]}
    text = _read(module).decode()
    for names in _IMPORT.findall(text):
        for name in _NAME.findall(names):
            yield from _existing(name, packages)
    for name, members in _FROM.findall(text):
        yield from _existing(name, packages)
        for member in re.findall(r"\w+", members):
            yield from _existing(f"{name}.{member}", packages)


def _existing(name: str, packages: set[str]) -> Iterator[str]:
    # A package itself only hands on names that its modules define.
    if name not in packages and name.partition(".")[0] in packages and _path(name) is not None:
        yield name


@cache
def _path(module: str) -> Path | None:
    place = _ROOT.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def _read(module: str) -> bytes:
    path = _path(module)
    if path is None:
        raise UnknownCode(f"{module} has no file")
    state = path.stat()
    if max(state.st_mtime, state.st_ctime) > _STARTED:
        raise UnknownCode(f"{path} is younger than this process")
    return path.read_bytes()
