"""What all else waits for: said where it begins, and heard by whoever shows progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Told what is waited for, and None when that has come to its end.
Listener = Callable[[str | None], None]
_listeners: list[Listener] = []


@contextmanager
def hearing_of_waits(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of all waits while the block runs, from whatever thread they come."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Say that all else waits for the block.

    >>> with hearing_of_waits(print), waiting_for("the compiler"):
    ...     pass
    the compiler
    None
    """
    try:
        for listener in tuple(_listeners):
            listener(what)
        yield
    finally:
        for listener in tuple(_listeners):
            listener(None)
