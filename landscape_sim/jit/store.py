"""Machine code on disk: one file a piece, written in one step and checked when it is read.

A file is a pickle, because Numba has no other form of machine code. It is therefore read
only if this user alone can have written it, and only if it is whole. Its name is a hash of
all that the machine code depends on, and the same hash stands inside: processes that compile
the same kernel at a time write the same file, and two files that are exchanged are noticed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from landscape_sim.cache import cache_directory, is_private, private_directory
from landscape_sim.waiting import waiting_for

_FOLDER = "landscape_sim-kernels"
_SUFFIX, _DRAFT, _LOCK, _LIST = ".machine-code", ".draft", ".lock", ".list"
#: Earlier versions left their machine code to Numba.
_OF_NUMBA = (".nbi", ".nbc")
_DIGEST_SIZE = hashlib.sha256().digest_size
_DAY = 86400.0
#: A file that was used is marked so once a day, and removed if it was not for so long.
_KEPT = 30.0 * _DAY
#: Names of the files that this process has read or written.
_used: set[str] = set()


def machine_code_folder() -> Path | None:
    """Return where machine code is kept, None where there is no such place."""
    return private_directory(_FOLDER)


def machine_code_files(prefix: str = "") -> set[Path]:
    """Return the files of machine code whose names begin so."""
    directory = private_directory(_FOLDER)
    return set() if directory is None else set(directory.glob(f"{prefix}*{_SUFFIX}"))


def used_files() -> set[Path]:
    """Return the files of machine code that this process has read or written, and are there."""
    return {path for path in machine_code_files() if path.name in _used}


def listed_files(name: str) -> set[Path] | None:
    """Return the files of a list that :func:`keep_list` has left; None unless all are there."""
    directory = private_directory(_FOLDER)
    if directory is None:
        return None
    try:
        names = json.loads(_read_private(directory / f"{name}{_LIST}"))
        files = {directory / one for one in names}
    except (OSError, ValueError, TypeError):
        return None
    return files if files <= machine_code_files() else None


def keep_list(name: str, files: Iterable[Path]) -> None:
    """Write down which files somebody needs, where that can be done."""
    names = json.dumps(sorted(path.name for path in files))
    directory = private_directory(_FOLDER)
    if directory is not None:
        _write(directory / f"{name}{_LIST}", names.encode())


def read(name: str, key: bytes) -> bytes | None:
    """Return what was written under ``name`` for ``key``, or None if it is not there, whole."""
    directory = private_directory(_FOLDER)
    if directory is None:
        return None
    path = directory / f"{name}{_SUFFIX}"
    try:
        content = _read_private(path)
    except OSError:
        return None
    checked, payload = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
    if checked != _check(key, payload):
        return None
    _used.add(path.name)
    return payload


def write(name: str, key: bytes, payload: bytes) -> None:
    """Keep ``payload`` where that can be done, and remove what was not used for a month."""
    directory = private_directory(_FOLDER)
    if directory is None:
        return
    path = directory / f"{name}{_SUFFIX}"
    _write(path, _check(key, payload) + payload)
    _used.add(path.name)
    with suppress(OSError):
        _sweep(directory)


def _write(path: Path, content: bytes) -> None:
    with suppress(OSError):  # a full disk, say
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=_DRAFT)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(draft).replace(path)
        finally:
            Path(draft).unlink(missing_ok=True)


@contextmanager
def made_once(name: str) -> Iterator[None]:
    """Let one process make what is to be kept under ``name``, while others wait for it.

    What is there already is not waited for. Who has waited finds it there; where it does not, it
    is of a kind that cannot be kept, and each makes its own without a further turn.
    """
    directory = private_directory(_FOLDER)
    path = None if directory is None else directory / f"{name}{_LOCK}"
    is_there = path is not None and path.with_suffix(_SUFFIX).exists()
    turn = None if path is None or is_there else _turn(path)
    try:
        yield
    finally:
        if path is not None and turn is not None:
            path.unlink(missing_ok=True)
            os.close(turn)


def _turn(path: Path) -> int | None:
    """Return a lock that nobody had, or None after a wait for the process that had it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    is_mine = False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_mine = True
    except BlockingIOError:
        kernel = path.name.partition("-")[0]
        with suppress(OSError), waiting_for(f"compiling {kernel}"):
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:  # a file system that has no locks
        pass
    finally:
        if not is_mine:
            os.close(handle)
    return handle if is_mine else None


def _read_private(path: Path) -> bytes:
    """Return a file's content; mark it as used. Empty if it is not this user's alone."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or not is_private(state):
            return b""
        content = file.read()
    if time.time() - state.st_mtime > _DAY:
        with suppress(OSError):
            os.utime(path)
    return content


def _check(key: bytes, payload: bytes) -> bytes:
    return hashlib.sha256(key + payload).digest()


def _sweep(directory: Path) -> None:
    """Remove what was not used for a month, and nothing but files that this package made."""
    oldest = time.time() - _KEPT
    for path in directory.iterdir():
        if path.suffix in (_SUFFIX, _DRAFT, _LOCK, _LIST):
            with suppress(OSError):
                state = path.lstat()
                if stat.S_ISREG(state.st_mode) and state.st_mtime < oldest:
                    path.unlink()
    parent = cache_directory()
    if parent is not None:
        for folder in parent.glob(f"kernels-{'[0-9a-f]' * 16}"):
            with suppress(OSError):
                _remove_folder_of_earlier_version(folder, oldest)


def _remove_folder_of_earlier_version(folder: Path, oldest: float) -> None:
    """Remove a folder if Numba's own files are all that it holds, and were not used for long."""
    paths = [folder, *folder.rglob("*")]
    states = [path.lstat() for path in paths]
    folders = [path for path, one in zip(paths, states, strict=True) if stat.S_ISDIR(one.st_mode)]
    files = [path for path, one in zip(paths, states, strict=True) if stat.S_ISREG(one.st_mode)]
    is_other = len(folders) + len(files) < len(paths)
    last_used = max(max(one.st_mtime, one.st_atime * stat.S_ISREG(one.st_mode)) for one in states)
    if is_other or last_used >= oldest or any(file.suffix not in _OF_NUMBA for file in files):
        return
    for file in files:
        file.unlink()
    for each in reversed(folders):
        each.rmdir()
