"""Exact rates of the last cases on a second thread, while the first ones are simulated.

An exact rate on a grid takes half a second of one core, much of it in a sparse solver that lets
other threads run. One after the other with simulations, and with the kernels that these compile, it
would leave the other cores idle for most of a study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes.answers import Answered, exact_answer, exact_question
from landscape_sim.comparison.escapes.case import Case
from landscape_sim.memory import MemoryShortage
from landscape_sim.threads import require_threads


@contextmanager
def answering_ahead(
    pending: Sequence[Case], store: CaseStore | None, n_threads: int | None
) -> Iterator[Callable[[Case], Answered]]:
    """Find exact rates from the last case backwards while the block goes through them forwards.

    Parameters
    ----------
    pending : sequence of Case
        In the order in which the block asks.
    store : CaseStore or None
        What it has is not computed.
    n_threads : int or None
        Of the block; with one alone, everything is computed when it is asked for.

    Yields
    ------
    callable
        Gives the exact rate of a case: from there, or computed at once if nobody has begun it.
    """
    wanted = [case for case in pending if "exact" in case.study.methods]
    if require_threads(n_threads) == 1 or len(wanted) < 2:
        yield exact_answer
        return
    ahead = {case: Future[Answered]() for case in reversed(wanted)}
    # Whoever wants to end does not wait for an answer that nobody wants any more.
    Thread(target=_work, args=(ahead, store), daemon=True).start()
    try:
        yield lambda case: _answer(case, ahead.get(case))
    finally:
        for future in ahead.values():
            future.cancel()


def _work(ahead: Mapping[Case, Future[Answered]], store: CaseStore | None) -> None:
    for case, future in ahead.items():
        if store is not None and store.has(exact_question(case).key):
            continue
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(exact_answer(case))
            except Exception as error:  # it is raised where the answer is asked for
                future.set_exception(error)


def _answer(case: Case, ahead: Future[Answered] | None) -> Answered:
    if ahead is None or ahead.cancel():
        return exact_answer(case)
    try:
        return ahead.result()
    except MemoryShortage:  # of two at a time
        return exact_answer(case)
