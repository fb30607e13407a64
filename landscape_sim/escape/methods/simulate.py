"""The rate by direct simulation: to an accuracy, or with so many paths at a given step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from landscape_sim.ensembles import simulate, simulate_first_passage
from landscape_sim.ensembles.step_ladder import StepLadder
from landscape_sim.escape.methods.fixed_step import (
    points_on_route,
    scheme_at,
    side_wells,
    time_step_at,
)
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.estimators import estimate_rate
from landscape_sim.results import FirstPassageSample, Rate, RateEstimate, RateInterval
from landscape_sim.validation import require_confidence_level


def simulated_rate(
    problem: EscapeProblem,
    *,
    relative_error: float = 0.02,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rate[StepLadder]:
    """Return the simulated rate, extrapolated to step zero: :func:`landscape_sim.simulate`.

    Parameters and errors are those of that function.
    """
    return simulate(
        problem.landscape,
        problem.noise,
        problem.start,
        problem.target,
        route=points_on_route(problem),
        wells=side_wells(problem),
        relative_error=relative_error,
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        n_threads=n_threads,
        progress=progress,
    )


@dataclass(frozen=True, eq=False)
class FixedStep:
    """What a rate at one step rests on.

    Attributes
    ----------
    time_step : float
        At the minimum, in units of ``t``.
    sample : FirstPassageSample
        The passages, censored ones included.
    estimate : RateEstimate
        Events, exposure and how the rate was estimated from them.
    """

    time_step: float
    sample: FirstPassageSample
    estimate: RateEstimate


# Wide: every setting but the first three has a default
def simulated_rate_at_step(
    problem: EscapeProblem,
    *,
    relaxation_time_step: float,
    n_paths: int,
    max_time: float,
    scheme: str = "leimkuhler-matthews",
    confidence_level: float = 0.95,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Rate[FixedStep]:
    """Return the rate of so many paths at one step, not extrapolated to step zero.

    Parameters
    ----------
    problem : EscapeProblem
        The escape.
    relaxation_time_step : float
        As for :func:`landscape_sim.escape.methods.fixed_step.time_step_at`.
    n_paths : int
        Independent paths.
    max_time : float
        Time after which an unfinished path is censored.
    scheme : str
        By name, as for :func:`landscape_sim.escape.methods.fixed_step.scheme_at`.
    confidence_level, seed, n_threads
        As for :func:`landscape_sim.simulate_first_passage` and its estimate.
    progress : callable, optional
        Called now and then with the number of paths that have ended.

    Raises
    ------
    InputError
        As :func:`landscape_sim.simulate_first_passage`, or if there is no such scheme.
    """
    began = time.perf_counter()
    confidence_level = require_confidence_level(confidence_level)
    sample = simulate_first_passage(
        problem.landscape,
        scheme_at(problem, relaxation_time_step, scheme),
        problem.start,
        problem.target,
        n_paths=n_paths,
        max_time=max_time,
        seed=seed,
        n_threads=n_threads,
        progress=progress,
    )
    estimate = estimate_rate(sample, confidence_level)
    n_events = estimate.n_events
    return Rate(
        method="simulate",
        log_rate=math.log(estimate.rate) if n_events else -math.inf,
        rate=estimate.rate,
        interval=RateInterval.of(estimate.interval.low, estimate.interval.high),
        confidence_level=confidence_level,
        relative_standard_error=n_events**-0.5 if n_events else math.inf,
        n_events=n_events,
        path_steps=sample.path_steps,
        wall_seconds=time.perf_counter() - began,
        detail=FixedStep(time_step_at(problem, relaxation_time_step, scheme), sample, estimate),
    )
