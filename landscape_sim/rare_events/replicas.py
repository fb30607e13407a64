"""Replicas: independent unbiased estimates, and the rate and interval that follow from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.rare_events.chain import Array, Chain

#: Called with the levels that a team has climbed, summed over its replicas.
Report = Callable[[int], None]


@dataclass(frozen=True)
class Surface:
    """Where the excursions of a team of replicas begin, and how often any does.

    Attributes
    ----------
    position : ndarray, shape (n_replicas · n_walkers, n)
        For each replica so many of its entrances, drawn at random.
    arrived : ndarray of bool, shape (n_replicas · n_walkers,)
        That state lies in the target already.
    n_entrances, time : ndarray, shape (n_replicas,)
        Entrances of the replica's paths, and the time they took, in units of ``t``.
    path_steps : int
        Integration steps.
    """

    position: Array
    arrived: NDArray[np.bool_]
    n_entrances: Array
    time: Array
    path_steps: int

    @classmethod
    def of(cls, chain: Chain, keys: NDArray[np.uint64], n_walkers: int) -> Surface:
        """Return the surface of one replica for each pair of ``keys``, shape (n_replicas, 2)."""
        position, arrived, n_entrances, time, n_watched = [], [], [], [], 0
        for stream, choice in keys:
            found, n_found = chain.entrances(stream, n_walkers)
            chosen = np.random.default_rng(choice).integers(n_found, size=n_walkers)
            position.append(found.position[chosen])
            arrived.append(found.arrived[chosen])
            n_entrances.append(float(n_found))
            time.append(float(found.duration.sum()) * chain.dynamics.time_step)
            n_watched += found.duration.size
        return cls(
            np.concatenate(position),
            np.concatenate(arrived),
            np.array(n_entrances),
            np.array(time),
            n_watched * (chain.burn_in + chain.window),
        )


@dataclass(frozen=True)
class ReplicaSample:
    """What independent replicas of a splitting method found.

    Attributes
    ----------
    log_probability : ndarray of float, shape (n_replicas,)
        Logarithms of unbiased estimates of the probability ``p`` to reach the target from
        the replica's entrances before the core; minus infinity where it became extinct.
    n_entrances, time : ndarray of float, shape (n_replicas,)
        Entrances, and the time in which they happened.
    path_steps : int
        Integration steps.
    """

    log_probability: Array
    n_entrances: Array
    time: Array
    path_steps: int

    @classmethod
    def joined(cls, samples: Sequence[ReplicaSample]) -> ReplicaSample:
        """Return the samples as one."""
        return cls(
            log_probability=np.concatenate([sample.log_probability for sample in samples]),
            n_entrances=np.concatenate([sample.n_entrances for sample in samples]),
            time=np.concatenate([sample.time for sample in samples]),
            path_steps=sum(sample.path_steps for sample in samples),
        )

    @property
    def size(self) -> int:
        """Number of replicas."""
        return self.log_probability.size

    @property
    def n_extinct(self) -> int:
        """Replicas whose walkers all died."""
        return int(np.count_nonzero(np.isneginf(self.log_probability)))

    @property
    def log_rate(self) -> float:
        r"""Logarithm of the rate, ``κ = E[M p̂]/E[t]``, with ``M`` entrances in the time ``t``.

        Paths that begin again at the minimum when they reach the target are stationary, and
        by the relation of Hill reach it at the rate ``κ``, one over the mean first-passage
        time from the minimum. Each arrival belongs to one entrance, so that ``κ`` is the
        rate of entrances times the mean of ``p`` over them. All of this holds for the
        discrete chain. With cycles from the core to the surface and back, it is
        ``1/κ = E[T_loop] (1/p − 1) + E[T_reactive]``.

        References
        ----------
        Hill, *Free Energy Transduction in Biology* (1977), ch. 3; Cérou, Guyader, Lelièvre
        and Pommier, J. Chem. Phys. 134 (2011) 054108.
        """
        return self._log_mean_arrivals - math.log(self.time.mean())

    @property
    def relative_standard_error(self) -> float:
        """Standard error of the rate over the rate: that of a ratio of two means.

        The larger of two estimates: from the replicas as they are, and from their logarithms as
        if they were normal, which products of many shares nearly are. The first is too small
        where the mean is too low, because both miss the same rare large replicas; the second
        is not tied to the mean.
        """
        if math.isinf(self._log_mean_arrivals):
            return math.inf
        durations = self.time / self.time.mean()
        arrivals = np.exp(self._log_arrivals - self._log_mean_arrivals)
        variance = float((arrivals - durations).var(ddof=1))
        if not self.n_extinct:
            variance = max(variance, math.expm1((self._log_arrivals - durations).var(ddof=1)))
        return math.sqrt(variance / self.size)

    @property
    def degrees_of_freedom(self) -> float:
        """Of the standard error: see :func:`degrees_of_freedom`."""
        return degrees_of_freedom(self.size)

    @property
    def mean_loop_time(self) -> float:
        """Mean time between two entrances."""
        return float(self.time.sum() / self.n_entrances.sum())

    @property
    def _log_arrivals(self) -> Array:
        return self.log_probability + np.log(self.n_entrances)

    @property
    def _log_mean_arrivals(self) -> float:
        largest = float(self._log_arrivals.max())
        if math.isinf(largest):
            return largest
        return largest + math.log(np.exp(self._log_arrivals - largest).mean())


def degrees_of_freedom(n_replicas: int) -> float:
    """Return how many normal replicas tell a standard error as well as these, less one.

    The variance of a log-normal law is ``expm1(s²)``; from ``n`` logarithms ``s²`` has the
    relative variance ``2/(n − 1)``, and ``expm1(s²)`` for the ``s²`` of half a unit and less
    that replicas have up to twice as much: they count half.
    """
    return (n_replicas - 1) / 2.0
