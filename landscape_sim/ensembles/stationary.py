"""Samples of the stationary law: the checked face of the occupation kernel."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import Dynamics
from landscape_sim.ensembles.model import as_floats, check_model, random_key
from landscape_sim.jit import compiled
from landscape_sim.kernels.occupation import run_samples
from landscape_sim.landscapes import LandscapeLike, Position
from landscape_sim.random_numbers.normals import N_LANES
from landscape_sim.random_numbers.xoshiro import seed_lane
from landscape_sim.results import StationarySample
from landscape_sim.validation import InputError, require_count, require_positive

_SAMPLES_PER_CALL = 64
_REPORT_SECONDS = 0.05


# Wide: a whole experiment in one call
def sample_stationary(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    *,
    n_paths: int,
    n_samples: int,
    sampling_interval: float,
    burn_in: float,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> StationarySample:
    """Return positions of independent paths at regular times, after a burn-in.

    Parameters
    ----------
    landscape : LandscapeLike
        A NamedTuple of the package or of your own.
    dynamics : EulerMaruyama, Milstein, TimeChangedEuler or LeimkuhlerMatthews
        Noise model, scheme and time step.
    start : tuple of float
        Where every path begins.
    n_paths, n_samples : int
        Independent paths, and samples of each.
    sampling_interval, burn_in : float
        In the scheme's own time; rounded up to an even number of steps and to
        whole sampling intervals. Samples closer than a relaxation time are correlated.
    seed : int
        Non-negative; path ``i`` depends on ``(seed, i)`` alone.
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the number of paths that have ended.

    Raises
    ------
    InputError
        If an argument is out of range, or a path met a loss that is not
        positive and finite.
    """
    n_paths, n_samples = require_count("n_paths", n_paths), require_count("n_samples", n_samples)
    n_threads = require_count("n_threads", n_threads or os.cpu_count() or 1)
    landscape, dynamics, start = as_floats(landscape), as_floats(dynamics), as_floats(start)
    check_model(landscape, dynamics, start)
    if not (math.isfinite(burn_in) and burn_in >= 0):
        raise InputError(f"burn_in must be finite and not negative, got {burn_in!r}")
    interval = require_positive("sampling_interval", sampling_interval)
    steps_per_sample = 2 * math.ceil(interval / dynamics.time_step / 2)
    n_burnt = math.ceil(burn_in / dynamics.time_step / steps_per_sample)
    sampler = _Sampler(
        compiled(run_samples, landscape, dynamics),
        (landscape, dynamics, start, steps_per_sample),
        random_key(require_count("seed", seed, 0)),
        n_burnt,
        positions=np.empty((n_paths, n_samples, len(start))),
        weights=np.empty((n_paths, n_samples)),
    )
    sampler.run(n_threads, progress)
    if not (np.isfinite(sampler.positions).all() and np.isfinite(sampler.weights).all()):
        raise InputError(
            "a path met a loss that is not positive and finite; lower time_step = "
            f"{dynamics.time_step:g} or use a landscape that is positive wherever a path can go"
        )
    path_steps = n_paths * (n_burnt + n_samples) * steps_per_sample
    return StationarySample(sampler.positions, sampler.weights, path_steps)


@dataclass
class _Sampler:
    """Threads that share groups of paths, one path a lane."""

    kernel: Any
    model: tuple[Any, ...]
    key: np.uint64
    n_burnt: int
    positions: NDArray[np.float64]
    weights: NDArray[np.float64]
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, n_threads: int, progress: Callable[[int], None] | None) -> None:
        """Take every sample; Ctrl-C stops the threads after some thousand steps."""
        self._advance(*self._lanes(0), 0)  # compiles in the calling thread, where Ctrl-C arrives
        report = progress or (lambda n_paths: None)
        with ThreadPoolExecutor(n_threads) as pool:
            groups = [
                pool.submit(self._run_group, first)
                for first in range(0, len(self.positions), N_LANES)
            ]
            try:
                while wait(groups, timeout=_REPORT_SECONDS).not_done:
                    report(N_LANES * sum(group.done() for group in groups))
            except BaseException:
                self.stopped.set()
                raise
            for group in groups:
                group.result()
        report(len(self.positions))

    def _run_group(self, first: int) -> None:
        """Run the paths ``first … first + N_LANES``; write the samples of those that exist."""
        lanes = self._lanes(first)
        paths = slice(first, min(first + N_LANES, len(self.positions)))
        size = paths.stop - first
        for begin in range(0, self.n_burnt, _SAMPLES_PER_CALL):
            self._advance(*lanes, min(_SAMPLES_PER_CALL, self.n_burnt - begin))
        n_samples = self.weights.shape[1]
        for begin in range(0, n_samples, _SAMPLES_PER_CALL):
            end = min(begin + _SAMPLES_PER_CALL, n_samples)
            samples, weights = self._advance(*lanes, end - begin)
            self.positions[paths, begin:end] = np.moveaxis(samples[:, :, :size], 2, 0)
            self.weights[paths, begin:end] = weights[:, :size].T

    def _lanes(self, first: int) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """Return positions at the start and generators of the paths from ``first`` on."""
        position = np.repeat(np.array(self.model[2])[:, None], N_LANES, axis=1)
        generators = np.empty((4, N_LANES), np.uint32)
        for lane in range(N_LANES):
            seed_lane(generators, lane, self.key, first + lane)
        return position, generators

    def _advance(
        self, position: NDArray[np.float64], generators: NDArray[np.uint32], n_samples: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        samples = np.empty((n_samples, len(position), N_LANES))
        weights = np.empty((n_samples, N_LANES))
        if not self.stopped.is_set():
            self.kernel(*self.model, position, generators, samples, weights)
        return samples, weights
