"""An escape rate to a given accuracy: scheme, time step and number of paths are chosen here."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from landscape_sim.dynamics import LeimkuhlerMatthews, NoiseModel
from landscape_sim.ensembles.model import check_escape
from landscape_sim.ensembles.reflection import mirrored
from landscape_sim.ensembles.step_runs import (
    LADDER_COST,
    LEVELS,
    Progress,
    StepRuns,
    coarsest_step,
    extrapolated,
    independent_correction,
)
from landscape_sim.estimators import StepExtrapolation
from landscape_sim.estimators.rate_interval import log_t_interval
from landscape_sim.landscapes import LandscapeLike, Position, Target, Walls, on_closed_axes
from landscape_sim.results import FirstPassageSample, Rate
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_positive,
    require_relative_error,
    require_seed,
)

_MOST_REFINEMENTS = 6
#: Split of the tolerance between the two errors; their squares add up to one.
_STATISTICAL_SHARE, _DISCRETISATION_SHARE = 0.8, 0.6
#: Variance of the intercept over that of a level, for steps 1 : 2 : 4.
_EXTRAPOLATION_VARIANCE = 1.5
#: A level this many standard errors off the line refutes that the error is linear.
_LARGEST_NONLINEARITY = 4.0
#: The pilot takes one path for so many of a level, within these bounds.
_PATHS_A_PILOT, _FEWEST_PILOTS, _MOST_PILOTS = 50, 32, 512
_REMEDY = "use splitting, which is for rare escapes (method splitting, Escape.split)"
#: Means after which a path is censored; e^−200 of them come that far.
_MAX_MEAN_TIMES = 200.0


@dataclass(frozen=True)
class StepLadder:
    """What an extrapolated rate rests on.

    Attributes
    ----------
    scheme : str
        Name of the scheme.
    time_steps, mean_times : tuple of float
        The ladder: time step, in the scheme's own time, and mean first-passage time.
    n_paths : int
        Paths at each step of the ladder.
    """

    scheme: str
    time_steps: tuple[float, ...]
    mean_times: tuple[float, ...]
    n_paths: int


# Wide: every setting has a default
def simulate(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    route: Sequence[Position] = (),
    wells: Sequence[Position] = (),
    walls: Walls | None = None,
    relative_error: float = 0.01,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Progress | None = None,
) -> Rate[StepLadder]:
    """Return the escape rate from ``start`` into ``target`` to a relative accuracy.

    The rate is one over the mean first-passage time. A pilot run finds its
    magnitude; then the Leimkuhler–Matthews scheme in the time that makes the noise
    constant runs at three steps in the ratio 1 : 2 : 4, with the boundary shifted,
    and the mean is extrapolated to step zero. The ladder is refined until the
    statistical standard error and what the extrapolation corrects, added in
    quadrature, are below ``relative_error``. The correction is told by a fourth step, twice as
    long as the others' longest, and by errors that the extrapolation does not share, so that to
    stop favours no rate.

    Parameters
    ----------
    landscape : LandscapeLike
        A NamedTuple of the package or of your own.
    noise : NoiseModel
        The gradient noise.
    start : tuple of float
        Where every path begins: at or near a minimum.
    target : HalfSpace or Ball
        Where a path ends.
    route : sequence of tuple of float
        Points between start and target that paths pass, such as the saddle: the step resolves
        what lies on the way along them. In one dimension there is nothing to tell.
    wells : sequence of tuple of float
        Minima beside the way that paths may visit: the step resolves them too.
    walls : Walls, optional
        What reflects paths, around start and target; the loss is not asked for outside.
    relative_error : float
        Bound on the relative standard error of the rate, which the number of paths is chosen
        for; the time step is so small that both errors together keep it.
    confidence_level : float
        Of the interval.
    max_path_steps : float
        Integration steps beyond which the run is refused instead of begun; 1e9
        take about a second on two cores.
    seed : int
        Non-negative; a seed reproduces the result bit by bit.
    n_threads : int, optional
        All cores by default.
    progress : callable, optional
        Called now and then with the paths ended and the paths planned so far.

    Returns
    -------
    Rate
        So that it, and not the mean time, is unbiased. Its interval has both errors, added in
        quadrature; its detail is the ladder of steps.

    Raises
    ------
    InputError
        If an argument is out of range, the start is not near a minimum, the walls are none for
        this start, target and noise, the run
        would exceed ``max_path_steps``, or the error does not become linear in the step.
    """
    began = time.perf_counter()
    relative_error = require_relative_error(relative_error)
    level = require_confidence_level(confidence_level)
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    seed = require_seed(seed)
    target = on_closed_axes(target, start, walls)
    check_escape(landscape, noise, start, target)
    landscape = mirrored(landscape, noise, start, target, walls)
    runs = StepRuns(landscape, noise, start, target, walls, seed, n_threads, progress)
    coarsest = coarsest_step(runs, route, wells)
    n_paths = paths_for(relative_error)
    mean_time = _pilot(runs, coarsest, n_paths, max_path_steps)
    planned = n_paths, mean_time, max_path_steps
    fit, correction, levels = _refined(runs, coarsest, relative_error, *planned)
    return _result(fit, correction, levels, runs.path_steps, level, began)


def _refined(
    runs: StepRuns,
    coarsest: float,
    relative_error: float,
    n_paths: int,
    mean_time: float,
    max_path_steps: float,
) -> tuple[StepExtrapolation, float, dict[float, FirstPassageSample]]:
    """Return the first ladder whose correction is small, with that, and its levels by their step.

    Raises
    ------
    InputError
        If it would cost too much, or none is.
    """
    levels: dict[float, FirstPassageSample] = {}
    for refinement in range(_MOST_REFINEMENTS):
        steps = [coarsest / 2 ** (refinement + halving) for halving in range(LEVELS)]
        for step in [one for one in (*steps, 2.0 * steps[0]) if one not in levels]:
            _check_cost(runs, n_paths, step, mean_time, max_path_steps)
            levels[step] = runs(step, n_paths, _MAX_MEAN_TIMES * mean_time)
        ladder = {step: levels[step] for step in steps}
        fit = extrapolated(steps, [*ladder.values()])
        correction = abs(independent_correction(levels[2.0 * steps[0]], *ladder.values()))
        linear = fit.nonlinearity < _LARGEST_NONLINEARITY
        if linear and correction <= _DISCRETISATION_SHARE * relative_error:
            return fit, correction, ladder
    raise InputError(
        f"after {_MOST_REFINEMENTS} refinements the time step still changes the mean "
        f"{fit.value:.6g} by {correction:.2%}, or not in proportion to it; raise "
        f"relative_error = {relative_error:g}"
    )


def paths_for(relative_error: float) -> int:
    """Return how many paths at each step a rate of this relative error takes."""
    return math.ceil(_EXTRAPOLATION_VARIANCE / (_STATISTICAL_SHARE * relative_error) ** 2)


def _pilot(runs: StepRuns, step: float, n_paths: int, max_path_steps: float) -> float:
    """Return a first estimate of the mean first-passage time, from ever longer runs.

    While most of its paths are still on their way the mean is at least half of the time that
    they had: that alone can show that the run would be too long.
    """
    modulation = float(runs.noise.modulation(runs.landscape, runs.start))
    max_time = 100.0 * step / modulation
    n_pilots = min(max(n_paths // _PATHS_A_PILOT, _FEWEST_PILOTS), _MOST_PILOTS)
    while True:
        sample = runs(step, n_pilots, max_time)
        if 2 * sample.n_events > n_pilots:
            return sample.exposure / sample.n_events
        planned = LADDER_COST * n_paths * runs.steps_per_time * max_time / 2.0 / step
        if planned > max_path_steps:
            raise InputError(
                f"{sample.n_events} of {n_pilots} paths arrived within t = {max_time:.3g}: the "
                f"mean time is longer, and needs more than {planned:.1g} path-steps; {_REMEDY}, "
                f"raise max_path_steps = {max_path_steps:g} or relative_error"
            )
        max_time *= 4.0


def _check_cost(
    runs: StepRuns, n_paths: int, step: float, mean_time: float, max_path_steps: float
) -> None:
    planned = n_paths * runs.steps_per_time * mean_time / step
    if runs.path_steps + planned > max_path_steps:
        raise InputError(
            f"a mean first-passage time of {mean_time:.3g} needs {planned:.2g} more path-steps; "
            f"{_REMEDY}, raise max_path_steps = {max_path_steps:g} or relative_error"
        )


def _result(
    fit: StepExtrapolation,
    discretisation: float,
    levels: dict[float, FirstPassageSample],
    path_steps: int,
    confidence_level: float,
    began: float,
) -> Rate[StepLadder]:
    ladder, statistical = [*levels.values()], fit.standard_error / fit.value
    # To second order the mean of 1/m is larger than one over that of m by the squared error.
    log_rate = -math.log(fit.value) - math.log1p(statistical**2)
    error = math.hypot(statistical, discretisation)
    freedom = sum(level.times.size - 1 for level in ladder)
    return Rate(
        method="simulate",
        log_rate=log_rate,
        rate=math.exp(log_rate),
        interval=log_t_interval(log_rate, error, freedom, confidence_level),
        confidence_level=confidence_level,
        relative_standard_error=statistical,
        relative_discretisation_error=discretisation,
        n_events=sum(level.n_events for level in ladder),
        path_steps=path_steps,
        wall_seconds=time.perf_counter() - began,
        detail=StepLadder(
            scheme=LeimkuhlerMatthews.__name__,
            time_steps=tuple(levels),
            mean_times=tuple(float(level.times.mean()) for level in ladder),
            n_paths=ladder[0].times.size,
        ),
    )
