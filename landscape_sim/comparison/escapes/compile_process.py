"""A second process that compiles: started, and told to end."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress


class CompileProcess:
    """Runs a module as a process of its own, which leaves machine code on the disk.

    Parameters
    ----------
    module : str
        What is run; it reads its order by
        :func:`~landscape_sim.comparison.escapes.compile_order.read_order`.
    order : str
        One line.
    """

    def __init__(self, module: str, order: str) -> None:
        # In a session of its own: what a terminal or a scheduler signals is this process, and the
        # other ends when the pipe between them does, whatever has ended this one.
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died already
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
