"""Fixed-effort multilevel splitting: the same number of paths from every level to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from landscape_sim.kernels.excursions import REACHED, Pool, Walkers
from landscape_sim.rare_events.chain import Array, Chain, random_keys
from landscape_sim.rare_events.ladder import Ladder
from landscape_sim.rare_events.replicas import ReplicaSample, Report, Surface

#: Fall of the log-probability from one level to the next: a third of the paths gets there.
_LEVEL = 1.2


def split_with_fixed_effort(
    chain: Chain,
    ladder: Ladder,
    n_walkers: int,
    seed: int,
    indices: Sequence[int],
    report: Report,
) -> ReplicaSample:
    """Return unbiased estimates of the probability to reach the target before the core.

    From each level ``n_walkers`` paths start, each at a random one of the states at which
    the paths before first stood on that level; the estimate is the product of the shares
    that get to the next. It keeps no walker from level to level, as the adaptive method
    does, and is unbiased because the levels come from another run.

    References
    ----------
    Garvels, *The splitting method in rare event simulation* (thesis, Twente 2000);
    Allen, Frenkel and ten Wolde, J. Chem. Phys. 124 (2006) 024102, as forward-flux sampling.
    """
    keys = np.array([random_keys(4, seed, 3, i) for i in indices])
    surface = Surface.of(chain, keys[:, :2], n_walkers)
    front = _Front(chain, keys[:, 2:], surface.position, surface.arrived)
    levels = _levels(ladder)
    for n_levels, rung in enumerate(levels):
        front.advance(ladder.rungs[rung : rung + 1], n_levels)
        report(len(indices) * rung)
    front.advance(np.empty(0), len(levels))
    return ReplicaSample(
        front.log_probability,
        surface.n_entrances,
        surface.time,
        surface.path_steps + front.path_steps,
    )


def _levels(ladder: Ladder) -> list[int]:
    """Return the rungs that are levels."""
    levels: list[int] = []
    last = 0.0
    for rung, log_share in enumerate(ladder.log_shares):
        # With a whisker for rungs that are set at 1.2 exactly.
        if last - log_share >= 0.95 * _LEVEL:
            levels.append(rung)
            last = float(log_share)
    return levels


class _Front:
    """The states on the present level, of all replicas of a team one after the other."""

    def __init__(
        self, chain: Chain, keys: NDArray[np.uint64], starts: Array, arrived: NDArray[np.bool_]
    ) -> None:
        self._chain, self._keys = chain, keys[:, 0]
        self._randoms = [np.random.default_rng(key) for key in keys[:, 1]]
        self._starts, self._arrived = starts, arrived
        self._n_walkers = len(starts) // len(keys)
        self.log_probability = np.zeros(len(keys))
        self.path_steps = 0

    def advance(self, rungs: Array, n_levels: int) -> None:
        """Make the excursions to the next level, or to the target if ``rungs`` is empty."""
        walkers = self._excursions(rungs, n_levels)
        on_rung = (walkers.crossed > 0) & ~self._arrived
        arrived = self._arrived | ((walkers.outcome == REACHED) & ~on_rung)
        successes = (on_rung | arrived).reshape(-1, self._n_walkers)
        with np.errstate(divide="ignore"):
            self.log_probability += np.log(successes.mean(axis=1))
        if rungs.size:
            parents = np.concatenate(list(map(self._parents, range(len(successes)), successes)))
            self._starts = walkers.entrance[0, parents]
            # Nothing is left to be done for an extinct replica.
            extinct = np.repeat(np.isneginf(self.log_probability), self._n_walkers)
            self._arrived = arrived[parents] | extinct

    def _excursions(self, rungs: Array, n_levels: int) -> Walkers:
        waiting = np.flatnonzero(~self._arrived)
        pool = Pool.empty(waiting.size, self._chain.dimension)
        pool.start[:] = self._starts[waiting]
        pool.key[:] = np.repeat(self._keys, self._n_walkers)[waiting]
        pool.stream[:] = n_levels * self._n_walkers + waiting % self._n_walkers
        pool.walker[:] = waiting
        walkers = Walkers.empty(len(self._starts), len(rungs), self._chain.dimension)
        stops = rungs.size > 0
        self.path_steps += self._chain.excursions(rungs, pool, waiting.size, walkers, stops)
        return walkers

    def _parents(self, replica: int, succeeded: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return random rows of successful walkers of a replica, any rows if there are none."""
        candidates = np.flatnonzero(succeeded) if succeeded.any() else np.arange(succeeded.size)
        chosen = self._randoms[replica].choice(candidates, self._n_walkers)
        return np.asarray(replica * self._n_walkers + chosen)
