"""Adaptive multilevel splitting: kill the walkers that came least far, branch off the others.

Several replicas share the lanes, so that these stay full although each replica kills few
walkers at a time. A replica's random numbers belong to it alone, and so does its result.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landscape_sim.jit import PASTED
from landscape_sim.kernels.excursions import REACHED, Pool, Walkers
from landscape_sim.random_numbers.xoshiro import mix

#: What a replica is doing: still climbing, arrived with a share of its walkers, extinct.
CLIMBING, ARRIVED, EXTINCT = 0, 1, 2


class Replicas(NamedTuple):
    """Independent runs of the algorithm, one entry each."""

    key: NDArray[np.uint64]  # of the paths
    choice_key: NDArray[np.uint64]  # of the choices of a parent
    n_paths: NDArray[np.int64]  # paths begun so far, hence the next free stream
    log_probability: NDArray[np.float64]  # of the factors so far
    level: NDArray[np.int64]  # rungs that every walker has crossed
    status: NDArray[np.int8]

    @classmethod
    def begun(cls, keys: NDArray[np.uint64], n_walkers: int) -> Replicas:
        """Return replicas whose initial paths have the streams below ``n_walkers``.

        ``keys`` has shape ``(n_replicas, 2)``.
        """
        n = len(keys)
        return cls(
            keys[:, 0].copy(),
            keys[:, 1].copy(),
            np.full(n, n_walkers),
            np.zeros(n),
            np.zeros(n, np.int64),
            np.zeros(n, np.int8),
        )


class Ranking(NamedTuple):
    """Room for how high the walkers of a replica came: memory of a kernel's own would cost more."""

    heights: NDArray[np.int64]  # (w,): rungs crossed; of those in the target one more
    counts: NDArray[np.int64]  # (n_rungs + 2,): walkers of each height
    survivors: NDArray[np.int64]  # (w,): rows of the walkers that live on

    @classmethod
    def empty(cls, n_walkers: int, n_rungs: int) -> Ranking:
        """Return room for ``n_walkers``."""
        return cls(
            np.empty(n_walkers, np.int64),
            np.empty(n_rungs + 2, np.int64),
            np.empty(n_walkers, np.int64),
        )


def branch(
    n_killed: int,
    replicas: Replicas,
    ranking: Ranking,
    pool: Pool,
    walkers: Walkers,
) -> int:
    """Advance every replica that is still climbing by a level.

    Parameters
    ----------
    n_killed : int
        Walkers that a replica kills, at least; all that tie with the last of them die too.
    replicas : Replicas
        Updated.
    ranking : Ranking
        Overwritten.
    pool : Pool
        Overwritten by the excursions that are to be made in the place of the dead.
    walkers : Walkers
        The walkers of all replicas one after the other.

    Returns
    -------
    int
        Excursions to be made.
    """
    n_paths = 0
    for replica in range(len(replicas.key)):
        if replicas.status[replica] == CLIMBING:
            n_paths = _branch(replica, n_killed, ranking, replicas, pool, n_paths, walkers)
    return n_paths


@njit(**PASTED)
def _branch(
    replica: int,
    n_killed: int,
    ranking: Ranking,
    replicas: Replicas,
    pool: Pool,
    n_paths: int,
    walkers: Walkers,
) -> int:
    """Kill one replica's last walkers and append their successors to the pool; return its length.

    The factor of the estimate is the share that survives. Whoever has reached the target
    has crossed every rung, whether the score says so or not.
    """
    heights, counts, _ = ranking
    n_walkers, top = len(heights), len(counts) - 1
    first = replica * n_walkers
    _measure(first, heights, counts, walkers.crossed, walkers.outcome)
    level, n_dead = 0, counts[0]
    while n_dead < n_killed:
        level += 1
        n_dead += counts[level]
    if level == top:
        replicas.status[replica] = ARRIVED
        replicas.log_probability[replica] += math.log(counts[top] / n_walkers)
        return n_paths
    if n_dead == n_walkers:
        replicas.status[replica] = EXTINCT
        replicas.log_probability[replica] = -np.inf
        return n_paths
    replicas.log_probability[replica] += math.log1p(-n_dead / n_walkers)
    replicas.level[replica] = min(level + 1, top - 1)
    stream = replicas.n_paths[replica]
    replicas.n_paths[replica] += n_dead
    return int(_succeed(replica, ranking, level, replicas, stream, pool, n_paths, walkers))


@njit(**PASTED)
def _measure(first: int, heights: Any, counts: Any, crossed: Any, outcome: Any) -> None:
    """Write down how high the walkers from row ``first`` came, and how many came to each height."""
    counts[:] = 0
    for i in range(len(heights)):
        reached = outcome[first + i] == REACHED
        heights[i] = len(counts) - 1 if reached else crossed[first + i]
        counts[heights[i]] += 1


@njit(**PASTED)
def _succeed(
    replica: int,
    ranking: Ranking,
    level: int,
    replicas: Replicas,
    stream: int,
    pool: Pool,
    n_paths: int,
    walkers: Walkers,
) -> int:
    """Let a replica's dead branch off survivors where those first rose above ``level``.

    Each successor has a stream of its own, from ``stream`` on; return the pool's length.
    """
    # Unpacked once: each look-up in a tuple of arrays costs two atomic operations.
    heights, _, survivors = ranking
    crossed, _, height, entrance, _, outcome = walkers
    starts, levels, keys, streams, rows = pool
    first = replica * len(heights)
    key, choice_key = replicas.key[replica], replicas.choice_key[replica]
    n_survivors = np.uint64(0)
    for i in range(len(heights)):
        if heights[i] > level:
            survivors[n_survivors] = first + i
            n_survivors += np.uint64(1)
    for i in range(len(heights)):
        if heights[i] > level:
            continue
        word = mix(choice_key ^ mix(np.uint64(stream)))
        parent = survivors[word % n_survivors]
        if crossed[parent] <= level:  # it went into the target past the rung
            crossed[first + i], outcome[first + i] = level, REACHED
        else:
            record = 0
            while height[record, parent] <= level:
                record += 1
            for j in range(entrance.shape[2]):
                starts[n_paths, j] = entrance[record, parent, j]
            levels[n_paths], rows[n_paths] = height[record, parent], first + i
            keys[n_paths], streams[n_paths] = key, stream
            n_paths += 1
        stream += 1
    return n_paths
