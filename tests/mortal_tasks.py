"""What workers are given in tests, in a module that they can import."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


def die_so_often(order: tuple[str, int]) -> int:
    """Kill the worker as often as said, as a file counts; return how often that was."""
    path, times = Path(order[0]), order[1]
    deaths = len(path.read_text()) if path.exists() else 0
    if deaths < times:
        path.write_text("x" * (deaths + 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return deaths


def fail(order: str) -> None:
    """Fail."""
    raise ValueError(order)
