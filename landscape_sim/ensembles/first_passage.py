"""First-passage times of many independent paths: the checked face of the kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from landscape_sim.dynamics import Dynamics
from landscape_sim.ensembles.model import as_floats, check_model, random_key
from landscape_sim.jit import compiled
from landscape_sim.kernels.first_passage import (
    CENSORED,
    LEFT_DOMAIN,
    MEAN_OVERSHOOT,
    Lanes,
    Passages,
    run_blocks,
)
from landscape_sim.kernels.process import Process
from landscape_sim.landscapes import LandscapeLike, Position, Target, check_passage
from landscape_sim.results import FirstPassageSample
from landscape_sim.threads import require_threads, share_among_threads
from landscape_sim.validation import InputError, require_count, require_positive, require_seed

#: Blocks between two looks at Ctrl-C: some ten milliseconds.
_BLOCKS_PER_CALL = 1024
_LARGEST_HAND_OUT = 256
#: In steps: beyond it a sum of steps in double precision would stand still.
_LARGEST_AGE = 2.0**52

Progress = Callable[[int], None]


# Wide: a whole experiment in one call
def simulate_first_passage(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    *,
    n_paths: int,
    max_time: float,
    seed: int = 0,
    boundary_shift: bool = True,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> FirstPassageSample:
    """Return first-passage times from ``start`` into ``target``, right-censored at ``max_time``.

    Parameters
    ----------
    landscape : LandscapeLike
        A NamedTuple of the package or of your own.
    dynamics : EulerMaruyama, Milstein, TimeChangedEuler or LeimkuhlerMatthews
        Noise model, scheme and time step.
    start : tuple of float
        Where every path begins; outside the target.
    target : HalfSpace or Ball
        Where a path ends.
    n_paths : int
        Number of independent paths.
    max_time : float
        Time, in units of ``t = ηk``, after which an unfinished path is censored.
    seed : int
        Non-negative. Path ``i`` depends on ``(seed, i)`` alone: the sample is the
        same, bit by bit, for any number of threads, and its first paths are those
        of a smaller sample.
    boundary_shift : bool
        Count a path as arrived within ``0.5826 σ sqrt(Δt)`` of the target, which
        removes the bias of order ``sqrt(Δt)`` that comes from looking at discrete
        times only (Gobet and Menozzi 2010).
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the number of paths that have ended.

    Raises
    ------
    InputError
        If an argument is out of range, the start lies in the target, or a path met
        a loss that is not positive and finite.

    References
    ----------
    Gobet and Menozzi, *Stopped diffusion processes: boundary corrections and
    overshoot*, Stochastic Process. Appl. 120 (2010) 130.
    """
    n_paths = require_count("n_paths", n_paths)
    seed = require_seed(seed)
    n_threads = require_threads(n_threads)
    time_step = require_positive("time_step", dynamics.time_step)
    max_age = require_positive("max_time", max_time) / time_step
    landscape, dynamics = as_floats(landscape), as_floats(dynamics)
    start, target = as_floats(start), as_floats(target)
    check_passage(landscape, start, target)
    check_model(landscape, dynamics, start)
    _require_countable(landscape, dynamics, start, max_time)
    shift = MEAN_OVERSHOOT if boundary_shift else 0.0
    process = Process(landscape, dynamics, target, start, shift)
    passages = Passages.empty(n_paths)
    _Crew(process, random_key(seed), max_age, passages, n_threads).run(progress)
    age, steps, outcome = passages
    lost = np.flatnonzero(outcome == LEFT_DOMAIN)
    if lost.size:
        raise InputError(
            f"path {lost[0]} met a loss that is not positive and finite after "
            f"{steps[lost[0]]} steps of {time_step:g} at the latest; use a landscape that is "
            "positive wherever a path can go, less noise or a smaller time step"
        )
    return FirstPassageSample(age * time_step, outcome == CENSORED, int(steps.sum()))


def _require_countable(
    landscape: LandscapeLike, dynamics: Dynamics, start: Position, max_time: float
) -> None:
    """Refuse a time in which so many steps, of the length that one has at the start, get lost."""
    pace = float(dynamics.clock_rate(landscape, start, (0.0,) * len(start)))
    n_steps = max_time / (dynamics.time_step * pace)
    if n_steps > _LARGEST_AGE:
        raise InputError(
            f"max_time = {max_time:g} is {n_steps:.3g} steps of {dynamics.time_step * pace:g}; "
            f"time is counted exactly up to {_LARGEST_AGE:.3g} steps, so lower max_time"
        )


class _Crew:
    """Threads that share the paths; each steps its own lanes and fetches paths as lanes free up."""

    def __init__(
        self,
        process: Process,
        key: np.uint64,
        max_age: float,
        passages: Passages,
        n_threads: int,
    ) -> None:
        self._kernel = compiled(run_blocks, process)
        self._settings = process, key, max_age
        self._passages = passages
        self._lanes = [Lanes.empty(len(process.start)) for _ in range(n_threads)]
        self._next_path = 0
        self._lock = threading.Lock()

    def run(self, progress: Progress | None) -> None:
        """Run every path to its end; Ctrl-C stops the threads within some milliseconds."""
        outcome = self._passages.outcome
        # Compiles in the calling thread, where Ctrl-C arrives.
        self._step(Lanes.empty(len(self._lanes[0].position)), 0, False)
        share_among_threads(
            self._work,
            self._lanes,
            len(self._lanes),
            None if progress is None else lambda _: progress(int(np.count_nonzero(outcome))),
        )

    def _work(self, lanes: Lanes, stopped: threading.Event) -> None:
        running, more = 0, True
        while (running or more) and not stopped.is_set():
            more = self._hand_out(lanes)
            running = self._step(lanes, _BLOCKS_PER_CALL, more)

    def _step(self, lanes: Lanes, n_blocks: int, more: bool) -> int:
        return int(self._kernel(*self._settings, lanes, self._passages, n_blocks, more))

    def _hand_out(self, lanes: Lanes) -> bool:
        """Give ``lanes`` a share of the waiting paths; return whether more are waiting."""
        with self._lock:
            n_paths, n_threads = len(self._passages.age), len(self._lanes)
            if lanes.queue[0] == lanes.queue[1]:
                share = -(-(n_paths - self._next_path) // (4 * n_threads))
                end = self._next_path + min(share, _LARGEST_HAND_OUT)
                lanes.queue[:] = self._next_path, end
                self._next_path = end
            return self._next_path < n_paths
