"""The command lines, started as their users start them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

# Read when NumPy and torch are first imported. The matrices here are small: threads that wait for
# one another on a busy machine take ten times as long as one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ConsoleScript:
    """A console script; calling it runs it to its end and returns what it said.

    A test that needs the process itself, to signal it or to read a pipe, gives ``command`` to
    ``subprocess.Popen``.
    """

    command: list[str]

    def __call__(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run with ``arguments``; ``env`` is added to the present environment."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )


def console_script(name: str, package: str) -> ConsoleScript:
    """Return the script that pip put beside this interpreter, hence the installed package.

    In a checkout that is not installed there is none; the same entry point is then called
    on the checkout, whatever the working directory.
    """
    installed = Path(sys.executable).with_name(name)
    if installed.exists():
        return ConsoleScript([str(installed)])
    entry_point = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); "
        f"from {package}.cli import main; sys.exit(main())"
    )
    return ConsoleScript([sys.executable, "-c", entry_point])


@pytest.fixture(scope="session")
def landscape_sim_cli() -> ConsoleScript:
    """The real ``landscape-sim``."""
    return console_script("landscape-sim", "landscape_sim")


@pytest.fixture(scope="session")
def nn_bridge_cli() -> ConsoleScript:
    """The real ``nn-bridge``."""
    return console_script("nn-bridge", "nn_bridge")
