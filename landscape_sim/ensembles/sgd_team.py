"""Threads that share the paths of SGD on one data set: what they check, and how they stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from landscape_sim.dynamics.sgd import UpdateRule, check_rule
from landscape_sim.ensembles.model import as_floats, random_key
from landscape_sim.kernels.minibatch import Samples, Training, Walker
from landscape_sim.kernels.stack import MAX_DIMENSION
from landscape_sim.landscapes import Position
from landscape_sim.models import DataSet
from landscape_sim.threads import require_threads, share_among_threads
from landscape_sim.validation import InputError, require_seed

Progress = Callable[[int], None]

#: Steps between two looks at Ctrl-C, times the batch size: some ten milliseconds.
_SAMPLES_PER_CALL = 2_000_000
#: Shares of the paths for each thread: small, so that none is idle for long at the end.
_SHARES_PER_THREAD = 16


@dataclass
class SGDTeam:
    """Threads that share the paths of one data set and update rule.

    Attributes
    ----------
    training, samples
        What the kernels are given.
    """

    data: DataSet
    rule: UpdateRule
    start: Position
    seed: int
    with_replacement: bool
    n_threads: int | None

    def __post_init__(self) -> None:
        check_rule(self.rule)
        batch_size = self.data.require_batch_size(self.rule.batch_size)
        self._check_start()
        self._momentum = getattr(self.rule, "momentum", 0.0)
        self.data.require_stable(self.start, self.rule.learning_rate, self._momentum)
        self.n_threads = require_threads(self.n_threads)
        self.training = Training(
            as_floats(self.data.model),
            as_floats(self.rule),
            as_floats(self.start),
            (0.0,) * len(self.data.inputs),
            batch_size,
            (1,) * (batch_size == 1),
            random_key(require_seed(self.seed)),
        )
        self.samples = Samples(self.data.inputs, self.data.targets)
        self._budget = max(1, _SAMPLES_PER_CALL // batch_size)

    def run(
        self,
        advance: Callable[[Walker, int], bool],
        n_paths: int,
        count_ended: Callable[[], int],
        progress: Progress | None,
    ) -> None:
        """Advance every path to its end; Ctrl-C stops the threads within some milliseconds."""

        def work(first: int, stopped: Event) -> None:
            walker = self._walker(first, min(first + share, n_paths))
            while not stopped.is_set() and advance(walker, self._budget):
                pass

        advance(self._walker(n_paths, n_paths), 0)  # compiles where Ctrl-C arrives
        assert self.n_threads is not None
        share = -(-n_paths // (self.n_threads * _SHARES_PER_THREAD))
        share_among_threads(
            work,
            range(0, n_paths, share),
            self.n_threads,
            None if progress is None else lambda _: progress(count_ended()),
        )

    def divergence(self, what: str) -> InputError:
        """Return the refusal of a learning rate at which ``what`` happened."""
        return self.data.divergence(what, self.start, self.rule.learning_rate, self._momentum)

    def _check_start(self) -> None:
        n, dimension = len(self.start), self.data.model.dimension
        if not 1 <= n <= MAX_DIMENSION or n != dimension:
            raise InputError(
                f"start has {n} coordinates and the model {dimension}; the kernels take 1 to "
                f"{MAX_DIMENSION}"
            )
        if not all(math.isfinite(x) for x in self.start):
            raise InputError(f"start {self.start!r} must be finite")

    def _walker(self, first: int, end: int) -> Walker:
        n_order = 0 if self.with_replacement else self.data.n_samples
        return Walker.ready(len(self.start), n_order, first, end)
