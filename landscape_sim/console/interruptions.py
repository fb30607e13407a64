"""How a command line ends that is interrupted, from its first import on."""

from __future__ import annotations

import atexit
import signal
import sys
from collections.abc import Callable

from landscape_sim.signals import interruptions


def run_until_interrupted(program: str, run: Callable[[], int]) -> int:
    """Return the exit code of ``run``; of an interruption, after a line that says what was kept.

    What comes later, while the interpreter ends, is ignored: the work is done.

    Parameters
    ----------
    program : str
        Name of the command line, which begins the line.
    run : callable
        Its work; it imports what it needs.
    """
    with interruptions() as stop:
        try:
            return run()
        except KeyboardInterrupt as error:
            kept = str(error) or "nothing was kept"
        except Exception:
            # A library that is cut in two, while it is imported say, may raise anything.
            if not stop.has_come:
                raise
            kept = "what was finished before is kept"
        finally:
            atexit.register(_ignore_signals)
    sys.stderr.write(f"{program}: interrupted; {kept}\n")
    return stop.exit_code


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
