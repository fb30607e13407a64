"""Threads that share work: what they report, and how they stop."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

from landscape_sim.validation import require_count

_REPORT_SECONDS = 0.05
Item = TypeVar("Item")
Result = TypeVar("Result")


def require_threads(n_threads: int | None) -> int:
    """Return the number of threads to use, by default all cores.

    Raises
    ------
    InputError
        If it is given and not a positive integer.

    Examples
    --------
    >>> require_threads(2)
    2
    """
    return (os.cpu_count() or 1) if n_threads is None else require_count("n_threads", n_threads)


def share_among_threads(
    work: Callable[[Item, Event], Result],
    items: Iterable[Item],
    n_threads: int,
    watch: Callable[[int], None] | None = None,
) -> list[Result]:
    """Return ``work(item, stopped)`` of every item, in order.

    Parameters
    ----------
    work : callable
        It looks at ``stopped`` every few milliseconds and returns anything once it is set.
    items : iterable
        What is worked on, in the order in which it is begun.
    n_threads : int
        Threads.
    watch : callable, optional
        Called now and then, in the calling thread, with the number of items that are done,
        and once at the end.

    Raises
    ------
    BaseException
        What one of the items raised, or Ctrl-C: as soon as the others have stopped.
    """
    stopped = Event()
    with ThreadPoolExecutor(n_threads) as pool:
        # Ctrl-C may come while they are handed out: what has begun must hear of it then too.
        try:
            futures = [pool.submit(work, item, stopped) for item in items]
            waiting = set(futures)
            while waiting:
                done, waiting = wait(waiting, _REPORT_SECONDS, FIRST_EXCEPTION)
                for future in done:
                    future.result()
                if watch is not None:
                    watch(len(futures) - len(waiting))
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]
