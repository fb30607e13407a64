"""The command ``nn-bridge``: parse, call, print."""

from __future__ import annotations

from landscape_sim.console.interruptions import run_until_interrupted


def main() -> int:
    """Run the command line, see :func:`~landscape_sim.console.application.run_application`."""
    return run_until_interrupted("nn-bridge", _run)


def _run() -> int:
    from landscape_sim.console.application import run_application
    from nn_bridge.cli.commands import app, explain

    return run_application(app, "nn-bridge", explain)
