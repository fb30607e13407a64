"""A rate that no direct simulation reaches, to a given accuracy, with both errors."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from landscape_sim.dynamics import LeimkuhlerMatthews, NoiseModel
from landscape_sim.ensembles.model import check_escape
from landscape_sim.ensembles.reflection import longest_step_between, mirrored, within
from landscape_sim.ensembles.time_scale import largest_step
from landscape_sim.landscapes import LandscapeLike, Position, Target, Walls, on_closed_axes
from landscape_sim.rare_events.core import describe_well
from landscape_sim.rare_events.scores import Score
from landscape_sim.rare_events.several_ways import score_of_ways
from landscape_sim.rare_events.splitting import (
    splitting_depth,
    splitting_escape_rate,
)
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.rare_events.step_extrapolation import (
    COARSE_SHARE,
    FINE_SHARE,
    RATIO,
    extrapolated,
    independent_correction,
    left_by_a_line,
)
from landscape_sim.results import Rate, rate_text
from landscape_sim.validation import (
    InputError,
    require_positive,
    require_relative_error,
    require_seed,
)

#: The coarser of the first two steps, in units of the relaxation time at the start: at most
#: the first number, and the second over ``−ln p``. Where one step crosses several units of
#: ``ln p``, few walkers carry all the weight; that at ``sqrt(h |ln p|)`` costs least.
_COARSEST_STEP, _STEP_TIMES_DEPTH = 0.2, 7.0
_MOST_REFINEMENTS = 8
#: What a line through the steps leaves, as a third step tells it, refutes that the error is
#: linear in the step if it is larger than allowed by this many standard errors.
_LARGEST_NONLINEARITY = 2.0

Progress = Callable[[int, int], None]


# Wide: every setting has a default
# Long: half of it names the settings that are handed on
def simulate_rare_escape(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    relative_error: float = 0.1,
    route: Sequence[Position] = (),
    wells: Sequence[Position] = (),
    walls: Walls | None = None,
    score: Score | None = None,
    variant: Literal["adaptive", "fixed-effort"] = "adaptive",
    n_walkers: int | None = None,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Rate[SplittingDetail]:
    """Return the escape rate from ``start`` into ``target``, be it 1e-4 or 1e-30.

    The Leimkuhler–Matthews scheme, in the time that makes the noise constant, runs at two
    steps in the ratio 1 : 4; the logarithm of the rate is extrapolated linearly to step
    zero. Its first step is a fifth of the relaxation time or less, by the depth that a pilot
    run finds, and less where the way, or a well beside it, is sharper than the well. A third step
    is twice as long as the first. The steps are halved until twice the square of the
    extrapolation's correction, which is the size of what it leaves, is below a third of the
    relative error, and the third step does not refute that the error is linear in the step. The
    correction is told here by errors that the extrapolation does not share, so that to stop
    favours no rate.

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
        Bound on the relative standard error of the rate. What the extrapolation leaves of the
        discretisation's error is below about a third of it.
    route : sequence of tuple of float
        Points between start and target that all paths pass, such as the only saddle; the
        score is the progress along them. By default that over all passes that are found.
    wells : sequence of tuple of float
        Minima beside the way that paths may visit: the step resolves them too.
    walls : Walls, optional
        What reflects paths, around start and target; the loss is not asked for outside.
    score : Score, optional
        Instead of the progress along ``route``. Where several ways lead to the target it must
        grow along all of them: one that knows a part of them gives the rate over that part.
    variant : {"adaptive", "fixed-effort"}
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

    Returns
    -------
    Rate
        Extrapolated to step zero so that the rate, not its logarithm, is unbiased. Its interval
        has the statistical error; its discretisation error is what the extrapolation changed,
        which has statistical noise in it too.

    Raises
    ------
    InputError
        If an argument is out of range, the start is no minimum or lies in the target, the
        score does not grow up to the target, all replicas become extinct, the run would
        exceed ``max_path_steps``, or the step still matters after all refinements; the
        message has what was estimated so far.
    """
    began = time.perf_counter()
    relative_error = require_relative_error(relative_error)
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    seed = require_seed(seed)
    target = on_closed_axes(target, start, walls)
    check_escape(landscape, noise, start, target)
    if score is None and len(route):
        score = score_of_ways(landscape, noise, start, [route], target)
    settings = {
        "score": score,
        "variant": variant,
        "n_walkers": n_walkers,
        "confidence_level": confidence_level,
        "max_path_steps": max_path_steps,
        "n_threads": n_threads,
        "progress": progress,
    }
    landscape = mirrored(landscape, noise, start, target, walls)
    runs = _Runs(landscape, noise, start, target, walls, seed, settings)
    step = _first_step(runs, route, wells)
    # Of ``ln κ = a + b h + b² h²/2`` a line leaves R/2 times the square of what it corrects.
    largest_left = relative_error / 3.0
    largest_correction = math.sqrt(2.0 / RATIO * largest_left)
    for _ in range(_MOST_REFINEMENTS):
        coarse = runs(step, COARSE_SHARE * relative_error)
        fine = runs(step / RATIO, FINE_SHARE * relative_error)
        levels = runs.at(2.0 * step, relative_error), coarse, fine
        result = extrapolated(coarse, fine, runs.path_steps, confidence_level, began)
        correction = independent_correction(*levels)
        left, error = left_by_a_line(*levels)
        if (
            abs(correction) <= largest_correction
            and abs(left) <= largest_left + _LARGEST_NONLINEARITY * error
        ):
            return result
        step /= 2.0
    raise InputError(
        f"after {_MOST_REFINEMENTS} refinements the time step still changes the rate "
        f"{rate_text(result.log_rate, 3)} by {abs(correction):.0%}, or not in proportion to it; "
        f"raise relative_error = {relative_error:g}"
    )


def _first_step(runs: _Runs, route: Sequence[Position], wells: Sequence[Position]) -> float:
    """Return the coarser of the first two steps, in the time that makes the noise constant."""
    landscape, noise, start = runs.landscape, runs.noise, runs.start
    modulation = float(noise.modulation(landscape, start))
    scheme = LeimkuhlerMatthews(noise, modulation)
    relaxation = min(
        describe_well(landscape, noise, start).fastest * modulation,
        largest_step(landscape, scheme, start, route, wells, runs.target, 1.0),
    )
    step = min(_COARSEST_STEP * relaxation, longest_step_between(runs.walls, noise))
    depth = splitting_depth(
        landscape,
        within(LeimkuhlerMatthews(noise, step), runs.walls, runs.start, runs.target),
        start,
        runs.target,
        score=runs.settings["score"],
        max_path_steps=runs.settings["max_path_steps"],
        seed=runs.seed,
    )
    return min(step, _STEP_TIMES_DEPTH / depth * relaxation)


@dataclass
class _Runs:
    """Independent runs of one escape at different time steps, and what they cost so far."""

    landscape: LandscapeLike
    noise: NoiseModel
    start: Position
    target: Target
    walls: Walls | None
    seed: int
    settings: dict[str, Any]
    path_steps: int = 0
    n_runs: int = 0
    levels: dict[float, Rate[SplittingDetail]] = field(default_factory=dict)

    def at(self, time_step: float, relative_error: float) -> Rate[SplittingDetail]:
        """Return what was run at this step, or run."""
        return self.levels.get(time_step) or self(time_step, relative_error)

    def __call__(self, time_step: float, relative_error: float) -> Rate[SplittingDetail]:
        """Run on a random stream that no other run has used."""
        stream = np.random.SeedSequence([self.seed, self.n_runs]).generate_state(1, np.uint64)
        self.n_runs += 1
        estimate = splitting_escape_rate(
            self.landscape,
            within(LeimkuhlerMatthews(self.noise, time_step), self.walls, self.start, self.target),
            self.start,
            self.target,
            relative_error=relative_error,
            seed=int(stream[0]),
            **self.settings,
        )
        self.path_steps += estimate.path_steps
        self.levels[time_step] = estimate
        return estimate
