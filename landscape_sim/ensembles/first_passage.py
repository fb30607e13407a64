"""First-passage times of many independent paths: the checked face of the kernel."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

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
from landscape_sim.landscapes import LandscapeLike, Position, Target, check_passage
from landscape_sim.results import FirstPassageSample
from landscape_sim.validation import InputError, require_count, require_positive

#: Blocks between two looks at the clock and at Ctrl-C: some ten milliseconds.
_BLOCKS_PER_CALL = 1024
_LARGEST_HAND_OUT = 256
_REPORT_SECONDS = 0.05
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
    seed = require_count("seed", seed, minimum=0)
    n_threads = require_count("n_threads", n_threads or os.cpu_count() or 1)
    time_step = require_positive("time_step", dynamics.time_step)
    max_age = require_positive("max_time", max_time) / time_step
    if max_age > _LARGEST_AGE:
        raise InputError(
            f"max_time = {max_time:g} is {max_age:.3g} steps of {time_step:g}; time is counted "
            f"exactly up to {_LARGEST_AGE:.3g} steps, so lower max_time"
        )
    landscape, dynamics = as_floats(landscape), as_floats(dynamics)
    start, target = as_floats(start), as_floats(target)
    check_passage(landscape, start, target)
    check_model(landscape, dynamics, start)
    crew = _Crew(n_paths, len(start), n_threads, progress)
    crew.run(
        compiled(run_blocks, landscape, dynamics, target),
        (landscape, dynamics, target, start),
        random_key(seed),
        max_age,
        MEAN_OVERSHOOT if boundary_shift else 0.0,
    )
    age, steps, outcome = crew.passages
    lost = np.flatnonzero(outcome == LEFT_DOMAIN)
    if lost.size:
        raise InputError(
            f"path {lost[0]} met a loss that is not positive and finite after "
            f"{steps[lost[0]]} steps at the latest; lower time_step = {time_step:g} or use a "
            "landscape that is positive wherever a path can go"
        )
    return FirstPassageSample(age * time_step, outcome == CENSORED, int(steps.sum()))


class _Crew:
    """Threads that share the paths; each steps its own lanes and fetches paths as lanes free up."""

    def __init__(
        self, n_paths: int, dimension: int, n_threads: int, progress: Progress | None
    ) -> None:
        self.passages = Passages.empty(n_paths)
        self._lanes = [Lanes.empty(dimension) for _ in range(n_threads)]
        self._next_path = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._progress = progress

    def run(self, kernel: Any, model: tuple[Any, ...], *settings: Any) -> None:
        """Run every path to its end; Ctrl-C stops the threads within some milliseconds."""

        def work(lanes: Lanes) -> None:
            running, more = 0, True
            while (running or more) and not self._stopped.is_set():
                more = self._hand_out(lanes)
                running = kernel(*model, *settings, lanes, self.passages, _BLOCKS_PER_CALL, more)

        # Compiles in the calling thread, where Ctrl-C arrives.
        kernel(*model, *settings, Lanes.empty(len(model[-1])), self.passages, 0, False)
        with ThreadPoolExecutor(len(self._lanes)) as pool:
            workers = [pool.submit(work, lanes) for lanes in self._lanes]
            try:
                while wait(workers, timeout=_REPORT_SECONDS).not_done:
                    self._report()
            except BaseException:
                self._stopped.set()
                raise
            for worker in workers:
                worker.result()
        self._report()

    def _hand_out(self, lanes: Lanes) -> bool:
        """Give ``lanes`` a share of the waiting paths; return whether more are waiting."""
        with self._lock:
            n_paths, n_threads = len(self.passages.age), len(self._lanes)
            if lanes.queue[0] == lanes.queue[1]:
                share = -(-(n_paths - self._next_path) // (4 * n_threads))
                end = self._next_path + min(share, _LARGEST_HAND_OUT)
                lanes.queue[:] = self._next_path, end
                self._next_path = end
            return self._next_path < n_paths

    def _report(self) -> None:
        if self._progress is not None:
            self._progress(int(np.count_nonzero(self.passages.outcome)))
