"""Where the package keeps what it can make again: machine code and generated modules."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_directory() -> Path:
    """Return the user's cache directory, or what the variable ``NUMBA_CACHE_DIR`` names.

    It need not exist.
    """
    return Path(os.environ.get("NUMBA_CACHE_DIR") or user_cache_path("landscape_sim"))
