"""Ctrl-C and SIGTERM: heard alike, and not before what must not be cut in two is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM)
_BY_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)
#: Of a signal that is ignored, or is handled by other code than Python's.
_WITHOUT_EFFECT = (signal.SIG_IGN, None)
#: Added to the number of a signal it is the exit code of a command that was stopped by it.
_EXIT_CODE = 128


class Stop:
    """Interrupts, and remembers by which signal.

    Attributes
    ----------
    has_come : bool
        Whether there was a signal.
    exit_code : int
        Of a command that was interrupted: 143 once SIGTERM has come, else 130.
    """

    has_come = False
    exit_code = _EXIT_CODE + signal.SIGINT

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        self.has_come, self.exit_code = True, _EXIT_CODE + number
        raise KeyboardInterrupt


@contextmanager
def interruptions() -> Iterator[Stop]:
    """Let SIGTERM, which schedulers and containers send, do in the block what Ctrl-C does.

    A signal that somebody else handles or ignores is left alone; outside the main thread both are.
    """
    stop = Stop()
    before = {one: signal.getsignal(one) for one in _STOPS if _is_main_thread()}
    ours = {one: handler for one, handler in before.items() if handler in _BY_DEFAULT}
    try:
        for one in ours:
            signal.signal(one, stop)
        yield stop
    finally:
        for one, handler in ours.items():
            signal.signal(one, handler)


@contextmanager
def held_signals() -> Iterator[None]:
    """Let the block come to its end before SIGINT or SIGTERM has its effect.

    For what must be done as a whole, and for libraries that swallow the exception of an
    interruption or crash on it. Signals only ever reach the main thread; in others nothing is held.
    """
    arrived: list[int] = []
    before = {one: signal.getsignal(one) for one in _STOPS if _is_main_thread()}
    held = {one: handler for one, handler in before.items() if handler not in _WITHOUT_EFFECT}
    try:
        for one in held:
            signal.signal(one, lambda number, frame: arrived.append(number))
        yield
    finally:
        for one, handler in held.items():
            signal.signal(one, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
