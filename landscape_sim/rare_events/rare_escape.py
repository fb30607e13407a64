"""A rate that no direct simulation reaches, to a given accuracy, with both errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from landscape_sim.dynamics import LeimkuhlerMatthews, NoiseModel
from landscape_sim.landscapes import LandscapeLike, Position, Target
from landscape_sim.rare_events.core import describe_well
from landscape_sim.rare_events.replicas import log_interval
from landscape_sim.rare_events.scores import Score, default_score
from landscape_sim.rare_events.splitting import (
    check_start,
    splitting_depth,
    splitting_escape_rate,
)
from landscape_sim.rare_events.splitting_estimate import SplittingEstimate
from landscape_sim.results import ConfidenceInterval
from landscape_sim.validation import InputError, require_count, require_fraction

#: The coarser of the first two steps, in units of the relaxation time at the start: at most
#: the first number, and the second over ``−ln p``. Where one step crosses several units of
#: ``ln p``, few walkers carry all the weight; that at ``sqrt(h |ln p|)`` costs least.
_COARSEST_STEP, _STEP_TIMES_DEPTH = 0.2, 7.0
_MOST_REFINEMENTS = 8
#: Standard errors of the two runs for a combined one of 1: ``log κ = 2 log κ_½ − log κ_1``
#: has the variance ``4 a² + b²``, which costs least at ``b² = sqrt(2) a²`` when a step half
#: as long costs twice as much.
_FINE_SHARE, _COARSE_SHARE = 0.43, 0.51

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RareRate:
    """An escape rate per unit of ``t``, from multilevel splitting.

    Attributes
    ----------
    log_rate : float
        Natural logarithm of the rate, one over the mean first-passage time, extrapolated to
        step zero so that the rate, not its logarithm, is unbiased.
    relative_standard_error : float
        Statistical standard error of the rate, over the rate.
    discretisation_error : float
        What the extrapolation changed, over the rate: a bound on what is left of the
        discretisation. Statistical noise is in it too.
    interval : ConfidenceInterval
        Of the rate, from the statistical error.
    log_probability, mean_loop_time : float
        At the finer step, the logarithm of the splitting probability ``p`` and the mean time
        between two departures from the core: the rate is ``p`` over it.
    n_levels, n_walkers, n_replicas, n_extinct : int
        At the finer step: rungs of the ladder, walkers of a replica, replicas, and those
        that became extinct, which count as ``p = 0``.
    path_steps : int
        Integration steps in all.
    method, scheme : str
        Names of the splitting method and of the scheme.
    time_steps : tuple of float
        The two steps, in the scheme's own time.
    """

    log_rate: float
    relative_standard_error: float
    discretisation_error: float
    interval: ConfidenceInterval
    log_probability: float
    mean_loop_time: float
    n_levels: int
    n_walkers: int
    n_replicas: int
    n_extinct: int
    path_steps: int
    method: str
    scheme: str
    time_steps: tuple[float, float]

    @property
    def rate(self) -> float:
        """The rate; zero where it is below the smallest float."""
        return math.exp(self.log_rate)


def simulate_rare_escape(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    relative_error: float = 0.1,
    route: Sequence[Position] = (),
    score: Score | None = None,
    method: Literal["adaptive", "fixed-effort"] = "adaptive",
    n_walkers: int | None = None,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> RareRate:
    """Return the escape rate from ``start`` into ``target``, be it 1e-4 or 1e-30.

    The Leimkuhler–Matthews scheme, in the time that makes the noise constant, runs at two
    steps in the ratio 1 : 2; the logarithm of the rate is extrapolated linearly to step
    zero. Its first step is a fifth of the relaxation time or less, by the depth that a pilot
    run finds. The steps are halved until the square of the extrapolation's correction, which
    is the size of what it leaves, is below a third of the relative error.

    Parameters
    ----------
    landscape : LandscapeLike
        A NamedTuple of the package or of your own.
    noise : NoiseModel
        The gradient noise.
    start : tuple of float
        The minimum.
    target : HalfSpace or Ball
        Where a path ends.
    relative_error : float
        Bound on the statistical standard error, as a fraction of the rate.
    route : sequence of tuple of float
        Points between start and target that paths pass, such as the saddle; the default
        score is the progress along them. In one dimension there is nothing to tell.
    score : Score, optional
        Instead of the progress along ``route``.
    method : {"adaptive", "fixed-effort"}
        Two independent methods.
    n_walkers : int, optional
        Of a replica; by default chosen from a pilot run.
    confidence_level : float
        Of the interval.
    max_path_steps : float
        Integration steps of one run beyond which it is refused; 1e8 take about a second.
    seed : int
        Non-negative; a seed reproduces the result bit by bit, for any number of threads.
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the levels that all replicas of the present run have
        climbed, and with those that are planned for it.

    Raises
    ------
    InputError
        If an argument is out of range, the start is no minimum or lies in the target, the
        score does not grow up to the target, all replicas become extinct, the run would
        exceed ``max_path_steps``, or the step still matters after all refinements; the
        message has what was estimated so far.
    """
    relative_error = require_fraction("relative_error", relative_error)
    seed = require_count("seed", seed, 0)
    check_start(start, target)
    score = default_score(start, route, target) if score is None else score
    settings = {
        "score": score,
        "method": method,
        "n_walkers": n_walkers,
        "confidence_level": confidence_level,
        "max_path_steps": max_path_steps,
        "n_threads": n_threads,
        "progress": progress,
    }
    runs = _Runs(landscape, noise, start, target, seed, settings)
    step = _first_step(landscape, noise, start, target, score, seed, max_path_steps)
    largest_correction = math.sqrt(relative_error / 3.0)
    for _ in range(_MOST_REFINEMENTS):
        coarse = runs(step, _COARSE_SHARE * relative_error)
        fine = runs(step / 2.0, _FINE_SHARE * relative_error)
        result = _extrapolate(coarse, fine, runs.path_steps, confidence_level, step, method)
        if result.discretisation_error <= largest_correction:
            return result
        step /= 2.0
    raise InputError(
        f"after {_MOST_REFINEMENTS} refinements the time step still changes the rate "
        f"{result.rate:.3g} by {result.discretisation_error:.0%}; raise relative_error = "
        f"{relative_error:g}"
    )


def _first_step(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    score: Score,
    seed: int,
    max_path_steps: float,
) -> float:
    """Return the coarser of the first two steps, in the time that makes the noise constant."""
    modulation = float(noise.modulation(landscape, start))
    relaxation = describe_well(landscape, noise, start).fastest * modulation
    step = _COARSEST_STEP * relaxation
    depth = splitting_depth(
        landscape,
        LeimkuhlerMatthews(noise, step),
        start,
        target,
        score=score,
        max_path_steps=max_path_steps,
        seed=seed,
    )
    return min(step, _STEP_TIMES_DEPTH / depth * relaxation)


@dataclass
class _Runs:
    """Independent runs of one escape at different time steps, and what they cost so far."""

    landscape: LandscapeLike
    noise: NoiseModel
    start: Position
    target: Target
    seed: int
    settings: dict[str, Any]
    path_steps: int = 0
    n_runs: int = 0

    def __call__(self, time_step: float, relative_error: float) -> SplittingEstimate:
        """Run on a random stream that no other run has used."""
        stream = np.random.SeedSequence([self.seed, self.n_runs]).generate_state(1, np.uint64)
        self.n_runs += 1
        estimate = splitting_escape_rate(
            self.landscape,
            LeimkuhlerMatthews(self.noise, time_step),
            self.start,
            self.target,
            relative_error=relative_error,
            seed=int(stream[0]),
            **self.settings,
        )
        self.path_steps += estimate.path_steps
        return estimate


def _extrapolate(
    coarse: SplittingEstimate,
    fine: SplittingEstimate,
    path_steps: int,
    confidence_level: float,
    step: float,
    method: str,
) -> RareRate:
    a, b = fine.relative_standard_error, coarse.relative_standard_error
    # To second order the mean of κ_½²/κ_1 is larger than the ratio of the means by a² + b².
    log_rate = 2.0 * fine.log_rate - coarse.log_rate - a**2 - b**2
    error = math.hypot(2.0 * a, b)
    freedom = min(fine.n_replicas, coarse.n_replicas) - 1
    low, high = log_interval(log_rate, error, freedom, confidence_level)
    return RareRate(
        log_rate=log_rate,
        relative_standard_error=error,
        discretisation_error=abs(math.expm1(fine.log_rate - log_rate)),
        interval=ConfidenceInterval(math.exp(low), math.exp(high), confidence_level),
        log_probability=fine.log_probability,
        mean_loop_time=fine.mean_loop_time,
        n_levels=fine.n_levels,
        n_walkers=fine.n_walkers,
        n_replicas=fine.n_replicas,
        n_extinct=fine.n_extinct,
        path_steps=path_steps,
        method=method,
        scheme=LeimkuhlerMatthews.__name__,
        time_steps=(step, step / 2.0),
    )
