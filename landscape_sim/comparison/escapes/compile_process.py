"""A second process that compiles: started, watched, and told to end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from contextlib import suppress
from typing import IO

from landscape_sim.jit import machine_code_files


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
        self._files = machine_code_files()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115, closed by stop
        # In a session of its own: what a terminal or a scheduler signals is this process, and the
        # other ends when the pipe between them does, whatever has ended this one.
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )
        self._is_checked = False
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died already, and will be found dead
            self._process.stdin.write(order.encode() + b"\n")
            self._process.stdin.flush()

    def wait(self) -> None:
        """Wait until it has ended; warn if it left nothing behind, so that all is compiled here."""
        code = self._process.wait()
        if self._is_checked:
            return
        self._is_checked = True
        if code != 0:
            self._errors.seek(0)
            *_, said = ("no message", *self._errors.read().decode(errors="replace").splitlines())
            reason = f"ended with exit code {code} ({said})"
        elif machine_code_files() <= self._files:
            reason = "left no machine code"
        else:
            return
        warnings.warn(
            f"the process that compiles ahead {reason}; all is compiled in this one, which takes "
            "longer",
            RuntimeWarning,
            stacklevel=2,
        )

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._errors.close()
