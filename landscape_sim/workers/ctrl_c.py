"""What a worker loads first: Ctrl-C in a terminal reaches it too, and is the command's affair."""

from __future__ import annotations

import signal


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the command, which ends its workers; Dask calls this by its name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
