"""The command ``landscape-sim``: parse, call, print."""

from __future__ import annotations

import os

from landscape_sim.console.interruptions import run_until_interrupted


def main() -> int:
    """Run the command line, see :func:`~landscape_sim.console.application.run_application`."""
    return run_until_interrupted("landscape-sim", _run)


def _run() -> int:
    # Read when NumPy is imported. The matrices here are small: threads that wait for one another
    # would take a fifth more of the processors' time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from landscape_sim.cli.commands import app
    from landscape_sim.console.application import run_application

    return run_application(app, "landscape-sim")
