"""Where the package keeps what it can make again: machine code."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from platformdirs import user_cache_path

#: Who may write to what is loaded: its owner alone.
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def cache_directory() -> Path | None:
    """Return the user's cache directory, or what the variable ``NUMBA_CACHE_DIR`` names.

    It need not exist. None is returned for a user without a home.
    """
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return Path(named)
    try:
        directory = user_cache_path("landscape_sim")
    except RuntimeError:
        return None
    return directory if directory.is_absolute() else None


def private_directory(name: str) -> Path | None:
    """Return a directory in the cache that only this user writes to, or None to do without.

    It is made where it is missing. None is returned where that cannot be done, and where the
    directory belongs to somebody else or others may write to it. It may be this user's link to
    such a directory.
    """
    parent = cache_directory()
    if parent is None:
        return None
    directory = parent / name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_mine = directory.lstat().st_uid == os.geteuid()
        return directory if is_mine and is_private(directory.stat()) else None
    except OSError:
        return None


def is_private(state: os.stat_result) -> bool:
    """Return whether a file or directory is this user's, and nobody else may write to it."""
    return state.st_uid == os.geteuid() and not state.st_mode & _WRITABLE_BY_OTHERS
