"""Samples of the stationary law: the checked face of the occupation kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
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
from landscape_sim.threads import require_threads, share_among_threads
from landscape_sim.validation import InputError, require_count, require_positive, require_seed

#: Steps between two looks at Ctrl-C: some ten milliseconds.
_STEPS_PER_CALL = 2**16
_MOST_SAMPLES_PER_CALL = 1024


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
    n_threads = require_threads(n_threads)
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
        random_key(require_seed(seed)),
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

    def run(self, n_threads: int, progress: Callable[[int], None] | None) -> None:
        """Take every sample; Ctrl-C stops the threads within some milliseconds."""
        n_paths = len(self.positions)
        self._advance(*self._lanes(0), 0)  # compiles in the calling thread, where Ctrl-C arrives
        share_among_threads(
            self._run_group,
            range(0, n_paths, N_LANES),
            n_threads,
            None if progress is None else lambda done: progress(min(N_LANES * done, n_paths)),
        )

    def _run_group(self, first: int, stopped: Event) -> None:
        """Run the paths ``first … first + N_LANES``; write the samples of those that exist."""
        lanes = self._lanes(first)
        paths = slice(first, min(first + N_LANES, len(self.positions)))
        size = paths.stop - first
        end = self.n_burnt + self.weights.shape[1]
        begin = 0
        while begin < end and not stopped.is_set():
            # A call belongs to the burn-in or to the samples.
            last = self.n_burnt if begin < self.n_burnt else end
            n = min(self._samples_per_call, last - begin)
            positions, weights = self._advance(*lanes, n)
            if begin >= self.n_burnt:
                kept = slice(begin - self.n_burnt, begin - self.n_burnt + n)
                self.positions[paths, kept] = np.moveaxis(positions[:, :, :size], 2, 0)
                self.weights[paths, kept] = weights[:, :size].T
            begin += n

    @property
    def _samples_per_call(self) -> int:
        steps_per_sample: int = self.model[3]
        return max(1, min(_STEPS_PER_CALL // steps_per_sample, _MOST_SAMPLES_PER_CALL))

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
        self.kernel(*self.model, position, generators, samples, weights)
        return samples, weights
