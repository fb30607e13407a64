"""Threads that share the teams of replicas among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Protocol

from landscape_sim.rare_events.chain import Chain
from landscape_sim.rare_events.ladder import Ladder
from landscape_sim.rare_events.replicas import ReplicaSample, Report
from landscape_sim.threads import share_among_threads


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
        climbed = [0] * len(teams)

        def work(team: int, stopped: Event) -> ReplicaSample:
            def report(levels: int) -> None:
                climbed[team] = levels
                if stopped.is_set():
                    raise _Stopped

            report(0)
            return method(chain, ladder, n_walkers, seed, teams[team], report)

        samples = share_among_threads(
            work, range(len(teams)), self._n_threads, lambda _: self._tell(sum(climbed))
        )
        self._levels += len(ladder.rungs) * sum(map(len, teams))
        self._tell(0)
        return ReplicaSample.joined(samples)

    def _tell(self, climbed: int) -> None:
        if self._watch is not None:
            self._watch(self._levels + climbed)
