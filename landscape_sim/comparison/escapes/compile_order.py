"""What a process that compiles is told, and when it ends: with the one that started it."""

from __future__ import annotations

import os
import sys
from threading import Thread


def read_order() -> str:
    """Return the order; from now on this process ends when its parent does, whatever ended that.

    Read before anything is imported that takes its time.
    """
    order = sys.stdin.readline()
    Thread(target=_end_with_parent, daemon=True).start()
    return order


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)
