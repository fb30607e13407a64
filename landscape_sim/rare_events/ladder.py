"""The ladder of scores, from a pilot run that climbs it once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.kernels.excursions import REACHED, Pool, Walkers
from landscape_sim.rare_events.chain import Array, Chain, random_keys
from landscape_sim.rare_events.replicas import Surface
from landscape_sim.rare_events.scores import end_in
from landscape_sim.results import rate_text
from landscape_sim.validation import InputError

#: Fall of the log-probability from one rung to the next: half of the walkers get there. A
#: finer ladder costs more time than it saves variance, because in the steep part a single
#: step crosses several rungs.
RUNG = math.log(2.0)
#: Rungs set from one round of excursions, of which a quarter then crosses the last.
_RUNGS_A_ROUND = 2
_PATHS = 512


@dataclass(frozen=True)
class Ladder:
    """Scores that split the way to the target into stretches of about equal probability.

    Attributes
    ----------
    rungs : ndarray of float
        Ascending.
    log_shares : ndarray of float
        Logarithm of the share of excursions that reach each rung, as the pilot saw it.
    log_probability : float
        The pilot's estimate of the probability to reach the target from the surface
        before the core: not unbiased.
    mean_loop_time : float
        Mean time between two entrances, in units of ``t``.
    path_steps : int
        What the pilot took.
    """

    rungs: Array
    log_shares: Array
    log_probability: float
    mean_loop_time: float
    path_steps: int


def set_ladder(chain: Chain, seed: int, max_path_steps: float) -> Ladder:
    """Climb from the surface to the target and put rungs where the paths grow fewer.

    Round by round, excursions from the last rung show which scores are reached by the
    shares ``2^−i`` of them; the next round starts where a quarter got to.

    Raises
    ------
    InputError
        If the score stops growing before the target is reached, or the steps exceed
        ``max_path_steps``; the message has the bound that follows so far.
    """
    keys = random_keys(4, seed, 0)
    random = np.random.default_rng(keys[3])
    surface = Surface.of(chain, keys[None, :2], _PATHS)
    mean_time, path_steps = float(surface.time[0] / surface.n_entrances[0]), surface.path_steps
    starts, rungs, log_probability = surface.position[~surface.arrived], [-math.inf], 0.0
    log_shares: list[float] = []
    top = float(chain.score.score(end_in(chain.target, chain.core.centre)))
    shares = np.exp(-RUNG * np.arange(1, _RUNGS_A_ROUND + 1))
    if not starts.size:  # a departure is an arrival
        return Ladder(np.empty(0), np.empty(0), 0.0, mean_time, path_steps)
    while True:
        climb = _Climb(chain, starts, keys[2], len(rungs))
        peaks = climb.peaks()
        arrived = float(np.mean(peaks == math.inf))
        if arrived >= shares[-1]:
            log_probability += math.log(arrived)
            steps = path_steps + climb.path_steps
            return Ladder(
                np.array(rungs[1:]), np.array(log_shares), log_probability, mean_time, steps
            )
        new = _new_rungs(peaks, shares, rungs[-1])
        if not new:
            raise InputError(
                f"the score does not increase beyond {rungs[-1]:.6g}, and few paths go from there "
                "into the target; use a score that grows all the way (by default the progress "
                "along the route)"
            )
        starts = climb.starts_at(new[-1], random)
        log_shares += [log_probability + math.log(np.mean(peaks >= rung)) for rung in new]
        log_probability = log_shares[-1]
        rungs += new
        path_steps += climb.path_steps
        if path_steps > max_path_steps:
            raise InputError(
                f"the target is not reached within max_path_steps = {max_path_steps:g}"
                f"{_bound(log_probability - math.log(mean_time), rungs[-1], top)}; raise it"
            )


def _bound(log_rate: float, last: float, top: float) -> str:
    """Return an upper bound of the rate as text, where every path must pass the last rung."""
    return f" (so far a rate below {rate_text(log_rate, 2)})" if last <= top else ""


def _new_rungs(peaks: Array, shares: Array, last: float) -> list[float]:
    """Return ascending rungs above ``last`` that about these shares of ``peaks`` reach."""
    descending = np.sort(peaks)[::-1]
    wanted = descending[np.ceil(shares * peaks.size).astype(int) - 1]
    usable = sorted({float(rung) for rung in wanted if last < rung < math.inf})
    if usable:
        return usable
    above = peaks[(peaks > last) & (peaks < math.inf)]
    return [float(above.min())] if above.size else []


class _Climb:
    """One round of the pilot: excursions that can be made twice, the second time to stop."""

    def __init__(self, chain: Chain, starts: Array, key: np.uint64, round_: int) -> None:
        self._chain = chain
        self._pool = Pool.empty(len(starts), chain.dimension)
        self._pool.start[:] = starts
        self._pool.key[:] = key
        self._pool.stream[:] = round_ * _PATHS + np.arange(len(starts))
        self._pool.walker[:] = np.arange(len(starts))
        self.path_steps = 0

    def peaks(self) -> Array:
        """Return the highest score of each excursion, infinite where it reached the target."""
        walkers = self._run(np.empty(0), stop_at_last=False)
        return np.where(walkers.outcome == REACHED, math.inf, walkers.peak)

    def starts_at(self, rung: float, random: np.random.Generator) -> Array:
        """Return states at which the excursions first stood on ``rung``, drawn at random."""
        walkers = self._run(np.array([rung]), stop_at_last=True)
        there: NDArray[np.intp] = np.flatnonzero(walkers.crossed)
        return np.asarray(walkers.entrance[0, random.choice(there, _PATHS)])

    def _run(self, rungs: Array, stop_at_last: bool) -> Walkers:
        n = len(self._pool.start)
        walkers = Walkers.empty(n, len(rungs), self._chain.dimension)
        self.path_steps += self._chain.excursions(rungs, self._pool, n, walkers, stop_at_last)
        return walkers
