"""SGD on data: the checked face of the mini-batch kernels."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landscape_sim.dynamics.sgd import UpdateRule, check_rule
from landscape_sim.ensembles.model import as_floats, random_key
from landscape_sim.jit import compiled
from landscape_sim.kernels.minibatch import (
    CENSORED,
    DIVERGED,
    Walker,
    run_passages,
    run_samples,
)
from landscape_sim.kernels.stack import MAX_DIMENSION
from landscape_sim.landscapes import Position, Target
from landscape_sim.models import DataSet
from landscape_sim.results import FirstPassageSample, StationarySample
from landscape_sim.validation import InputError, require_count, require_positive

Progress = Callable[[int], None]

#: Steps between two looks at Ctrl-C, times the batch size: some ten milliseconds.
_SAMPLES_PER_CALL = 2_000_000
_REPORT_SECONDS = 0.05
#: Shares of the paths for each thread: small, so that none is idle for long at the end.
_SHARES_PER_THREAD = 16


def simulate_sgd_first_passage(
    data: DataSet,
    rule: UpdateRule,
    start: Position,
    target: Target,
    *,
    n_paths: int,
    max_time: float,
    seed: int,
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
        If an argument is out of range, the learning rate exceeds the stability bound ``2/h``, or
        a path diverged.
    """
    n_paths = require_count("n_paths", n_paths)
    team = _Team(data, rule, start, seed, with_replacement, n_threads)
    n_steps = require_positive("max_time", max_time) / rule.learning_rate * (1 + 1e-12)
    if not 1.0 <= n_steps < 2.0**53:
        raise InputError(
            f"max_time = {max_time:g} is {n_steps:.3g} steps of {rule.learning_rate:g}; it must be "
            "between one and 2^53"
        )
    target = as_floats(target)
    if len(team.start) != target.dimension or not target.distance(team.start) > 0.0:
        raise InputError(f"start {start!r} lies inside the target; begin in front of it")
    steps, outcome = np.zeros(n_paths, np.int64), np.zeros(n_paths, np.int8)
    kernel = compiled(run_passages, team.model, team.rule, target)

    def run(walker: Walker, budget: int) -> bool:
        more: bool = kernel(
            *(team.model, team.rule, target, *team.rest, int(n_steps), walker),
            *(steps, outcome, budget),
        )
        return more

    team.run(run, n_paths, lambda: int(np.count_nonzero(outcome)), progress)
    lost = np.flatnonzero(outcome == DIVERGED)
    if lost.size:
        raise _divergence(data, rule, start, f"path {lost[0]} diverged")
    return FirstPassageSample(
        np.asarray(steps * float(rule.learning_rate)), outcome == CENSORED, int(steps.sum())
    )


def sample_sgd_stationary(
    data: DataSet,
    rule: UpdateRule,
    start: Position,
    *,
    n_paths: int,
    n_samples: int,
    steps_per_sample: int,
    burn_in_samples: int,
    seed: int,
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
        If an argument is out of range, the learning rate exceeds the stability bound ``2/h``, or
        a path diverged.
    """
    n_paths, n_samples = require_count("n_paths", n_paths), require_count("n_samples", n_samples)
    steps_per_sample = require_count("steps_per_sample", steps_per_sample)
    n_burnt = require_count("burn_in_samples", burn_in_samples, 0)
    team = _Team(data, rule, start, seed, with_replacement, n_threads)
    positions = np.empty((n_paths, n_burnt + n_samples, len(team.start)))
    done = np.zeros(n_paths, np.int64)
    kernel = compiled(run_samples, team.model, team.rule)

    def run(walker: Walker, budget: int) -> bool:
        path, end = walker.place[:2]
        wanted = positions[path, done[path] :] if path < end else positions[0, :0]
        wanted = wanted[: max(1, budget // steps_per_sample)]
        kernel(team.model, team.rule, *team.rest, steps_per_sample, walker, wanted)
        if path < end:
            done[path] += len(wanted)
            if done[path] == positions.shape[1]:
                walker.place[0], walker.place[2] = path + 1, 0
        return bool(walker.place[0] < end)

    team.run(run, n_paths, lambda: int(np.count_nonzero(done == positions.shape[1])), progress)
    if not np.isfinite(positions).all():
        raise _divergence(data, rule, start, "a path diverged")
    kept = positions[:, n_burnt:]
    path_steps = n_paths * (n_burnt + n_samples) * steps_per_sample
    return StationarySample(kept, np.ones(kept.shape[:2]), path_steps)


@dataclass
class _Team:
    """Threads that share the paths of one data set and update rule."""

    data: DataSet
    rule: UpdateRule
    start: Position
    seed: int
    with_replacement: bool
    n_threads: int | None
    rest: tuple[Any, ...] = ()
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        check_rule(self.rule)
        batch_size = self.data.require_batch_size(self.rule.batch_size)  # type: ignore[arg-type]
        _check_stability(self.data, self.rule, self.start)
        self.start = as_floats(self.start)
        self.n_threads = require_count("n_threads", self.n_threads or os.cpu_count() or 1)
        key = random_key(require_count("seed", self.seed, 0))
        self.model, self.rule = as_floats(self.data.model), as_floats(self.rule)
        row = (0.0,) * len(self.data.inputs)
        alone = (1,) * (batch_size == 1)
        self.rest = (
            *(self.start, row, self.data.inputs, self.data.targets),
            *(batch_size, alone, key),
        )
        self._budget = max(1, _SAMPLES_PER_CALL // batch_size)

    def run(
        self,
        advance: Callable[[Walker, int], bool],
        n_paths: int,
        count_ended: Callable[[], int],
        progress: Progress | None,
    ) -> None:
        """Advance every path to its end; Ctrl-C stops the threads within some milliseconds."""

        def work(walker: Walker) -> None:
            while not self.stopped.is_set() and advance(walker, self._budget):
                pass

        advance(self._walker(n_paths, n_paths), 0)  # compiles where Ctrl-C arrives
        assert self.n_threads is not None
        share = -(-n_paths // (self.n_threads * _SHARES_PER_THREAD))
        with ThreadPoolExecutor(self.n_threads) as pool:
            shares = [
                pool.submit(lambda i: work(self._walker(i, min(i + share, n_paths))), first)
                for first in range(0, n_paths, share)
            ]
            try:
                while wait(shares, timeout=_REPORT_SECONDS).not_done:
                    if progress is not None:
                        progress(count_ended())
            except BaseException:
                self.stopped.set()
                raise
            for one in shares:
                one.result()
        if progress is not None:
            progress(count_ended())

    def _walker(self, first: int, end: int) -> Walker:
        n_order = 0 if self.with_replacement else self.data.n_samples
        return Walker.ready(len(self.start), n_order, first, end)


def _check_stability(data: DataSet, rule: UpdateRule, start: Position) -> None:
    if not 1 <= len(start) <= MAX_DIMENSION or len(start) != data.model.dimension:
        raise InputError(
            f"start has {len(start)} coordinates and the model {data.model.dimension}; the kernels "
            f"take 1 to {MAX_DIMENSION}"
        )
    if not all(math.isfinite(x) for x in start):
        raise InputError(f"start {start!r} must be finite")
    if rule.learning_rate >= _stability_bound(data, rule, start):
        raise _divergence(data, rule, start, "SGD diverges")


def _stability_bound(data: DataSet, rule: UpdateRule, start: Position) -> float:
    """Return ``2 (1 + μ)/h``, or infinity where the loss is nowhere convex."""
    bound = data.stability_bound(start) * (1.0 + getattr(rule, "momentum", 0.0))
    return bound if bound > 0.0 else math.inf


def _divergence(data: DataSet, rule: UpdateRule, start: Position, what: str) -> InputError:
    bound = _stability_bound(data, rule, start)
    return InputError(
        f"{what} at learning rate {rule.learning_rate:g}: the stability bound 2/h of gradient "
        f"descent is {bound:.6g} here, and small batches need a lower one; lower learning_rate"
    )
