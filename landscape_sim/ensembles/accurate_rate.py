"""An escape rate to a given accuracy: scheme, time step and number of paths are chosen here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics import LeimkuhlerMatthews, NoiseModel
from landscape_sim.ensembles.first_passage import simulate_first_passage
from landscape_sim.ensembles.model import check_escape
from landscape_sim.ensembles.reflection import mirrored, within
from landscape_sim.ensembles.time_scale import first_step
from landscape_sim.estimators import StepExtrapolation, extrapolate_to_zero_step
from landscape_sim.estimators.rate_interval import normal_interval
from landscape_sim.landscapes import LandscapeLike, Position, Target, Walls
from landscape_sim.results import FirstPassageSample, Rate
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_positive,
    require_relative_error,
    require_seed,
)

#: Largest step of the first ladder in units of the relaxation time at the start: there the
#: error of the Leimkuhler–Matthews scheme is some per cent and linear in the step.
COARSEST_STEP = 0.2
LEVELS = 3
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

Progress = Callable[[int, int], None]


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
# Long: what is given is checked first
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
    statistical standard error and the extrapolation's own correction, added in
    quadrature, are below ``relative_error``.

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
        Its interval has both errors, added in quadrature; its detail is the ladder of steps.

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
    check_escape(landscape, noise, start, target)
    landscape = mirrored(landscape, noise, start, target, walls)
    runs = _Runs(landscape, noise, start, target, walls, seed, n_threads, progress)
    coarsest = first_step(landscape, noise, start, route, wells, target, walls, COARSEST_STEP)
    n_paths = paths_for(relative_error)
    mean_time = _pilot(runs, coarsest, n_paths, max_path_steps)
    levels: dict[float, FirstPassageSample] = {}
    for refinement in range(_MOST_REFINEMENTS):
        steps = [coarsest / 2 ** (refinement + halving) for halving in range(LEVELS)]
        for step in [one for one in steps if one not in levels]:
            _check_cost(runs, n_paths, step, mean_time, max_path_steps)
            levels[step] = runs(step, n_paths, _MAX_MEAN_TIMES * mean_time)
        fit = _extrapolate(steps, levels)
        linear = fit.nonlinearity < _LARGEST_NONLINEARITY
        if linear and abs(fit.correction) <= _DISCRETISATION_SHARE * relative_error * fit.value:
            return _result(fit, steps, levels, runs.path_steps, level, began)
    raise InputError(
        f"after {_MOST_REFINEMENTS} refinements the time step still changes the mean "
        f"{fit.value:.6g} by {abs(fit.correction) / fit.value:.2%}; raise relative_error = "
        f"{relative_error:g}"
    )


def paths_for(relative_error: float) -> int:
    """Return how many paths at each step a rate of this relative error takes."""
    return math.ceil(_EXTRAPOLATION_VARIANCE / (_STATISTICAL_SHARE * relative_error) ** 2)


@dataclass
class _Runs:
    """Independent runs of one escape at different time steps, and what they cost so far."""

    landscape: LandscapeLike
    noise: NoiseModel
    start: Position
    target: Target
    walls: Walls | None
    seed: int
    n_threads: int | None
    progress: Progress | None
    n_runs: int = 0
    paths_ended: int = 0
    path_steps: int = 0
    steps_per_time: float = 0.0

    def __call__(self, time_step: float, n_paths: int, max_time: float) -> FirstPassageSample:
        """Run ``n_paths`` on a random stream that no other run has used."""
        stream = np.random.SeedSequence([self.seed, self.n_runs]).generate_state(1, np.uint64)
        self.n_runs += 1
        sample = simulate_first_passage(
            self.landscape,
            within(LeimkuhlerMatthews(self.noise, time_step), self.walls),
            self.start,
            self.target,
            n_paths=n_paths,
            max_time=max_time,
            seed=int(stream[0]),
            n_threads=self.n_threads,
            progress=self._report(n_paths),
        )
        self.paths_ended += n_paths
        self.path_steps += sample.path_steps
        self.steps_per_time = sample.path_steps * time_step / sample.exposure
        return sample

    def _report(self, n_paths: int) -> Callable[[int], None] | None:
        report, ended = self.progress, self.paths_ended
        if report is None:
            return None
        return lambda done: report(ended + done, ended + n_paths)


def _pilot(runs: _Runs, step: float, n_paths: int, max_path_steps: float) -> float:
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
        planned = (2**LEVELS - 1) * n_paths * runs.steps_per_time * max_time / 2.0 / step
        if planned > max_path_steps:
            raise InputError(
                f"{sample.n_events} of {n_pilots} paths arrived within t = {max_time:.3g}: the "
                f"mean time is longer, and needs more than {planned:.1g} path-steps; {_REMEDY}, "
                f"raise max_path_steps = {max_path_steps:g} or relative_error"
            )
        max_time *= 4.0


def _check_cost(
    runs: _Runs, n_paths: int, step: float, mean_time: float, max_path_steps: float
) -> None:
    planned = n_paths * runs.steps_per_time * mean_time / step
    if runs.path_steps + planned > max_path_steps:
        raise InputError(
            f"a mean first-passage time of {mean_time:.3g} needs {planned:.2g} more path-steps; "
            f"{_REMEDY}, raise max_path_steps = {max_path_steps:g} or relative_error"
        )


def _extrapolate(steps: list[float], levels: dict[float, FirstPassageSample]) -> StepExtrapolation:
    times = [levels[step].times for step in steps]
    means = [float(t.mean()) for t in times]
    errors = [float(t.std(ddof=1)) / math.sqrt(t.size) for t in times]
    return extrapolate_to_zero_step(steps, means, errors)


def _result(
    fit: StepExtrapolation,
    steps: list[float],
    levels: dict[float, FirstPassageSample],
    path_steps: int,
    confidence_level: float,
    began: float,
) -> Rate[StepLadder]:
    rate = 1.0 / fit.value
    statistical, discretisation = rate**2 * fit.standard_error, rate**2 * abs(fit.correction)
    ladder = [levels[step] for step in steps]
    return Rate(
        method="simulate",
        log_rate=-math.log(fit.value),
        rate=rate,
        interval=normal_interval(rate, math.hypot(statistical, discretisation), confidence_level),
        confidence_level=confidence_level,
        relative_standard_error=fit.standard_error / fit.value,
        relative_discretisation_error=abs(fit.correction) / fit.value,
        n_events=sum(level.n_events for level in ladder),
        path_steps=path_steps,
        wall_seconds=time.perf_counter() - began,
        detail=StepLadder(
            scheme=LeimkuhlerMatthews.__name__,
            time_steps=tuple(steps),
            mean_times=tuple(float(level.times.mean()) for level in ladder),
            n_paths=ladder[0].times.size,
        ),
    )
