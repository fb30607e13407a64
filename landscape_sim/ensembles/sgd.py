"""SGD on data: the checked face of the mini-batch kernels."""

from __future__ import annotations

import numpy as np

from landscape_sim.dynamics.sgd import UpdateRule
from landscape_sim.ensembles.model import as_floats
from landscape_sim.ensembles.sgd_team import Progress, SGDTeam
from landscape_sim.jit import compiled
from landscape_sim.kernels.minibatch import (
    CENSORED,
    DIVERGED,
    Passages,
    Walker,
    run_passages,
    run_samples,
)
from landscape_sim.landscapes import Position, Target, check_passage
from landscape_sim.models import DataSet, LossLevel
from landscape_sim.results import FirstPassageSample, StationarySample
from landscape_sim.validation import InputError, require_count, require_positive


# Wide: a whole experiment in one call
def simulate_sgd_first_passage(
    data: DataSet,
    rule: UpdateRule,
    start: Position,
    target: Target,
    *,
    n_paths: int,
    max_time: float,
    seed: int = 0,
    with_replacement: bool = True,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> FirstPassageSample:
    """Return the times ``t = ηk`` at which SGD first reaches ``target``, right-censored.

    Parameters
    ----------
    data : DataSet
        Model, inputs and targets.
    rule : SGD or HeavyBallSGD
        Learning rate, batch size and update.
    start : tuple of float
        Where every path begins: a minimum, outside the target.
    target : LossLevel, Outside, HalfSpace or Ball
        Looked at after every step.
    n_paths : int
        Number of independent paths.
    max_time : float
        Time after which an unfinished path is censored; rounded down to whole steps.
    seed : int
        Non-negative. Path ``i`` depends on ``(seed, i)`` alone.
    with_replacement : bool
        Whether batches are drawn with replacement, or an epoch takes every sample once, in an
        order that is shuffled anew each time; samples that fill no batch are then left out.
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the number of paths that have ended.

    Raises
    ------
    InputError
        If an argument is out of range, the learning rate exceeds the stability bound ``2/h`` (which
        is known for models with features), or a path diverged.
    """
    n_paths = require_count("n_paths", n_paths)
    team = SGDTeam(data, rule, start, seed, with_replacement, n_threads)
    n_steps = require_positive("max_time", max_time) / rule.learning_rate * (1 + 1e-12)
    if not 1.0 <= n_steps < 2.0**53:
        raise InputError(
            f"max_time = {max_time:g} is {n_steps:.3g} steps of {rule.learning_rate:g}; it must be "
            "between one and 2^53"
        )
    watched = as_floats(target.shortfall() if isinstance(target, LossLevel) else target)
    check_passage(None, start, target)
    steps, outcome = passages = Passages.empty(n_paths)
    kernel = compiled(run_passages, team.training, watched)

    def run(walker: Walker, budget: int) -> bool:
        settings = team.training, team.samples, watched, int(n_steps)
        return bool(kernel(*settings, walker, passages, budget))

    team.run(run, n_paths, lambda: int(np.count_nonzero(outcome)), progress)
    lost = np.flatnonzero(outcome == DIVERGED)
    if lost.size:
        raise team.divergence(f"path {lost[0]} diverged")
    return FirstPassageSample(
        np.asarray(steps * float(rule.learning_rate)), outcome == CENSORED, int(steps.sum())
    )


# Wide: a whole experiment in one call
def sample_sgd_stationary(
    data: DataSet,
    rule: UpdateRule,
    start: Position,
    *,
    n_paths: int,
    n_samples: int,
    steps_per_sample: int,
    burn_in_samples: int,
    seed: int = 0,
    with_replacement: bool = True,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> StationarySample:
    """Return positions of SGD every ``steps_per_sample`` steps, after a burn-in.

    Parameters
    ----------
    data, rule, start, n_paths, seed, with_replacement, n_threads, progress
        As for :func:`simulate_sgd_first_passage`.
    n_samples, steps_per_sample : int
        Samples of each path, and the steps from one to the next.
    burn_in_samples : int
        Samples that each path drops at its beginning.

    Returns
    -------
    StationarySample
        All weights are one.

    Raises
    ------
    InputError
        If an argument is out of range, the learning rate exceeds the stability bound ``2/h`` (which
        is known for models with features), or a path diverged.
    """
    n_paths, n_samples = require_count("n_paths", n_paths), require_count("n_samples", n_samples)
    steps_per_sample = require_count("steps_per_sample", steps_per_sample)
    n_burnt = require_count("burn_in_samples", burn_in_samples, 0)
    team = SGDTeam(data, rule, start, seed, with_replacement, n_threads)
    positions = np.empty((n_paths, n_burnt + n_samples, len(start)))
    done = np.zeros(n_paths, np.int64)
    kernel = compiled(run_samples, team.training)

    def run(walker: Walker, budget: int) -> bool:
        path, end = walker.place[:2]
        wanted = positions[path, done[path] :] if path < end else positions[0, :0]
        wanted = wanted[: max(1, budget // steps_per_sample)]
        kernel(team.training, team.samples, steps_per_sample, walker, wanted)
        if path < end:
            done[path] += len(wanted)
            if done[path] == positions.shape[1]:
                walker.place[0], walker.place[2] = path + 1, 0
        return bool(walker.place[0] < end)

    team.run(run, n_paths, lambda: int(np.count_nonzero(done == positions.shape[1])), progress)
    if not np.isfinite(positions).all():
        raise team.divergence("a path diverged")
    kept = positions[:, n_burnt:]
    path_steps = n_paths * (n_burnt + n_samples) * steps_per_sample
    return StationarySample(kept, np.ones(kept.shape[:2]), path_steps)
