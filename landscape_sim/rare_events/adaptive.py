"""Adaptive multilevel splitting, a team of replicas at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from landscape_sim.jit import compiled
from landscape_sim.kernels.excursions import REACHED, Pool, Walkers
from landscape_sim.kernels.splitting import Ranking, Replicas, branch
from landscape_sim.rare_events.chain import Chain, random_keys
from landscape_sim.rare_events.ladder import Ladder
from landscape_sim.rare_events.replicas import ReplicaSample, Report, Surface

#: Share of the walkers that is killed at a level, at least. A tenth raises the variance by
#: a twentieth over killing one at a time.
_KILLED_SHARE = 0.1


def split_adaptively(
    chain: Chain,
    ladder: Ladder,
    n_walkers: int,
    seed: int,
    indices: Sequence[int],
    report: Report,
) -> ReplicaSample:
    """Return unbiased estimates of the probability to reach the target before the core.

    Each replica starts ``n_walkers`` excursions on the surface. Again and again it kills
    those that came least far, a tenth and whoever ties with them, and lets each branch off
    a random survivor where that first rose above the level; the estimate is the product of
    the surviving shares. Scores count in rungs of the ladder, which makes ties the rule:
    the estimate is unbiased for any ladder fixed beforehand and any score.

    References
    ----------
    Cérou and Guyader, Stoch. Anal. Appl. 25 (2007) 417; Bréhier, Gazeau, Goudenège,
    Lelièvre and Rousset, Ann. Appl. Probab. 26 (2016) 3559, Theorem 4.1.
    """
    n, dimension = len(indices), chain.dimension
    keys = np.array([random_keys(4, seed, 2, i) for i in indices])
    surface = Surface.of(chain, keys[:, :2], n_walkers)
    replicas = Replicas.begun(keys[:, 2:], n_walkers)
    pool = Pool.empty(n * n_walkers, dimension)
    walkers = Walkers.empty(n * n_walkers, len(ladder.rungs), dimension)
    waiting = np.flatnonzero(~surface.arrived)
    pool.start[: waiting.size] = surface.position[waiting]
    pool.key[: waiting.size] = np.repeat(replicas.key, n_walkers)[waiting]
    pool.stream[: waiting.size] = waiting % n_walkers
    pool.walker[: waiting.size] = waiting
    walkers.outcome[surface.arrived] = REACHED
    path_steps = surface.path_steps
    path_steps += chain.excursions(ladder.rungs, pool, waiting.size, walkers, False)
    n_killed = max(1, round(_KILLED_SHARE * n_walkers))
    ranking = Ranking.empty(n_walkers, len(ladder.rungs))
    advance = compiled(branch)
    while n_paths := advance(n_killed, replicas, ranking, pool, walkers):
        path_steps += chain.excursions(ladder.rungs, pool, n_paths, walkers, False)
        report(int(replicas.level.sum()))
    return ReplicaSample(replicas.log_probability, surface.n_entrances, surface.time, path_steps)
