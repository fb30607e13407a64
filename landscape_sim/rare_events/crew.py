"""Threads that share the teams of replicas among them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol

from landscape_sim.rare_events.chain import Chain
from landscape_sim.rare_events.ladder import Ladder
from landscape_sim.rare_events.replicas import ReplicaSample, Report

_REPORT_SECONDS = 0.05


class Method(Protocol):
    """A splitting method: unbiased estimates from a team of replicas."""

    def __call__(
        self,
        chain: Chain,
        ladder: Ladder,
        n_walkers: int,
        seed: int,
        indices: Sequence[int],
        report: Report,
        /,
    ) -> ReplicaSample:
        """Return one estimate for each of ``indices``, which stand for random streams."""


class _Stopped(Exception):
    """Raised in a thread whose work nobody waits for any longer."""


class Crew:
    """Runs teams of replicas on threads.

    Parameters
    ----------
    n_threads : int
        Threads.
    watch : callable, optional
        Called now and then, in the calling thread, with the levels climbed by all
        replicas so far.
    """

    def __init__(self, n_threads: int, watch: Callable[[int], None] | None = None) -> None:
        self._n_threads = n_threads
        self._watch = watch
        self._levels = 0

    def run(
        self,
        method: Method,
        chain: Chain,
        ladder: Ladder,
        n_walkers: int,
        seed: int,
        teams: Sequence[range],
    ) -> ReplicaSample:
        """Return the replicas of all ``teams``, in order; Ctrl-C stops them after some levels."""
        stopped = threading.Event()
        climbed = [0] * len(teams)

        def work(team: int) -> ReplicaSample:
            def report(levels: int) -> None:
                climbed[team] = levels
                if stopped.is_set():
                    raise _Stopped

            report(0)
            return method(chain, ladder, n_walkers, seed, teams[team], report)

        with ThreadPoolExecutor(self._n_threads) as pool:
            workers = [pool.submit(work, team) for team in range(len(teams))]
            try:
                waiting = set(workers)
                while waiting:
                    done, waiting = wait(waiting, timeout=_REPORT_SECONDS)
                    for worker in done:
                        worker.result()
                    self._tell(sum(climbed))
            except BaseException:
                stopped.set()
                raise
        self._levels += len(ladder.rungs) * sum(map(len, teams))
        self._tell(0)
        return ReplicaSample.joined([worker.result() for worker in workers])

    def _tell(self, climbed: int) -> None:
        if self._watch is not None:
            self._watch(self._levels + climbed)
