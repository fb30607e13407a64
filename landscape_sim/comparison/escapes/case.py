"""One case: formula, exact solution and simulation of one escape, side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from landscape_sim.dynamics import LeimkuhlerMatthews
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.escape.methods import (
    METHODS,
    Method,
    arrhenius_of,
    exact_passage,
    power_law_of,
    progress_score,
)
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.estimators import estimate_rate
from landscape_sim.landscapes import EscapeRoute
from landscape_sim.rare_events.splitting import splitting_escape_rate
from landscape_sim.results import FirstPassageSample, RateEstimate
from landscape_sim.theory.power_law import PowerLawRate
from landscape_sim.validation import InputError

#: Some weeks on one core: more than anybody means to start.
_MOST_PATH_STEPS = 1e15


@dataclass(frozen=True)
class Case:
    """One escape to be compared.

    Attributes
    ----------
    problem : EscapeProblem
        The escape.
    n_paths : int
        Simulated paths.
    relaxation_time_step : float
        Integration step at the minimum, in units of one over its largest curvature.
    max_mean_times : float
        Paths are censored after this many mean times, of the exact rate or of the law.
    confidence_level : float
        Of the interval of the simulated rate.
    seed : int
        Of the simulation.
    methods : tuple of str
        Which answers are wanted; the formula is always there. Where both ``simulate`` and
        ``splitting`` are, the expected cost decides.
    max_direct_steps : float
        Path-steps of a direct simulation beyond which splitting takes its place.
    splitting_error : float
        Relative standard error that splitting is asked for.
    """

    problem: EscapeProblem
    n_paths: int
    relaxation_time_step: float
    max_mean_times: float
    confidence_level: float
    seed: int
    methods: tuple[Method, ...] = METHODS
    max_direct_steps: float = 1e9
    splitting_error: float = 0.1


@dataclass(frozen=True)
class CaseResult:
    """The answers and what they rest on; rates per unit of ``t = ηk``.

    ``exact_refusal`` says why there is no exact rate where one was wanted.
    """

    problem: EscapeProblem
    formula: PowerLawRate
    rate_arrhenius: float
    rate_exact: float | None
    exact_refusal: str | None
    simulated: RateEstimate | None
    sample: FirstPassageSample | None
    path_steps: int
    time_step: float
    wall_seconds: float

    @property
    def route(self) -> EscapeRoute:
        """From which minimum, over which saddle."""
        return self.problem.route


@dataclass(frozen=True)
class Escape:
    """A case that was found sound: its laws, its integration step and how it is simulated."""

    case: Case
    formula: PowerLawRate
    rate_arrhenius: float
    time_step: float
    simulation: Method | None

    @property
    def dynamics(self) -> LeimkuhlerMatthews:
        """The scheme, in the time that makes the noise constant."""
        problem = self.case.problem
        start = problem.route.minimum.position
        pace = float(problem.noise.modulation(problem.landscape, start))
        return LeimkuhlerMatthews(problem.noise, self.time_step * pace)


def prepare(case: Case) -> Escape:
    """Return the escape of ``case``, checked, without simulating it.

    Raises
    ------
    InputError
        If the minimum is beyond the critical dimension, or the escape is too rare for the
        methods that are wanted.
    """
    problem = case.problem
    formula = power_law_of(problem)
    time_step = case.relaxation_time_step / float(problem.route.minimum.eigenvalues[-1])
    escape = Escape(case, formula, arrhenius_of(problem).rate, time_step, None)
    return replace(escape, simulation=_simulation(escape))


def _simulation(escape: Escape) -> Method | None:
    """Return how the case is simulated: directly, by splitting, or not at all."""
    case, rate = escape.case, _law(escape)
    steps = math.inf if rate == 0.0 else case.n_paths / rate / escape.time_step
    is_cheap = steps <= case.max_direct_steps
    if "simulate" in case.methods and (is_cheap or "splitting" not in case.methods):
        if steps > _MOST_PATH_STEPS:
            raise InputError(
                f"loss_ratio {escape.formula.loss_ratio:g} at T = {escape.formula.temperature:g} "
                f"means an escape rate of about {rate:.1e}, some {steps:.1e} path-steps; lower the "
                "loss ratio or n_paths, or add the method splitting"
            )
        return "simulate"
    return "splitting" if "splitting" in case.methods else None


def compare(escape: Escape, progress: Callable[[int], None] | None = None) -> CaseResult:
    """Return formula, exact rate (in one and two dimensions) and simulated rate of ``escape``.

    The rate is one over the mean first-passage time from the minimum to the other
    minimum; in more dimensions, to a ball around it.
    """
    began = time.perf_counter()
    case, problem = escape.case, escape.case.problem
    rate_exact, refusal = _exact(case)
    result = CaseResult(
        problem=problem,
        formula=escape.formula,
        rate_arrhenius=escape.rate_arrhenius,
        rate_exact=rate_exact,
        exact_refusal=refusal,
        simulated=None,
        sample=None,
        path_steps=0,
        time_step=escape.time_step,
        wall_seconds=0.0,
    )
    if escape.simulation == "simulate":
        sample = _simulate(escape, rate_exact or _law(escape), progress)
        simulated = estimate_rate(sample, case.confidence_level)
        steps = sample.path_steps
        result = replace(result, sample=sample, simulated=simulated, path_steps=steps)
    elif escape.simulation == "splitting":
        simulated, steps = _split(escape, progress)
        result = replace(result, simulated=simulated, path_steps=steps)
    return replace(result, wall_seconds=time.perf_counter() - began)


def _simulate(
    escape: Escape, expected_rate: float, progress: Callable[[int], None] | None
) -> FirstPassageSample:
    case, problem = escape.case, escape.case.problem
    return simulate_first_passage(
        problem.landscape,
        escape.dynamics,
        problem.route.minimum.position,
        problem.target,
        n_paths=case.n_paths,
        max_time=case.max_mean_times / expected_rate,
        seed=case.seed,
        progress=progress,
    )


def _split(escape: Escape, progress: Callable[[int], None] | None) -> tuple[RateEstimate, int]:
    """Return the rate by splitting, at the step of direct simulation, and its path-steps.

    Its arrivals share ancestors. As events count those that an independent sample of the
    same relative error would have, with the exposure that belongs to them.
    """
    case, problem = escape.case, escape.case.problem

    def report(done: int, planned: int) -> None:
        if progress is not None:
            progress(case.n_paths * done // max(planned, 1))

    split = splitting_escape_rate(
        problem.landscape,
        escape.dynamics,
        problem.route.minimum.position,
        problem.target,
        score=progress_score(problem),
        relative_error=case.splitting_error,
        confidence_level=case.confidence_level,
        seed=case.seed,
        progress=report,
    )
    n_events = max(1, round(split.relative_standard_error**-2))
    estimate = RateEstimate(
        rate=split.rate,
        interval=split.interval,
        n_events=n_events,
        n_censored=0,
        exposure=n_events / split.rate,
        method="adaptive multilevel splitting",
    )
    return estimate, split.path_steps


def _law(escape: Escape) -> float:
    """Return the rate that the law for this noise expects: a scale for time and cost."""
    if escape.case.problem.noise_follows_loss:
        return escape.formula.rate
    return escape.rate_arrhenius


def _exact(case: Case) -> tuple[float | None, str | None]:
    """Return the exact rate, or why there is none."""
    if "exact" not in case.methods or case.problem.dimension > 2:
        return None, None
    try:
        return exact_passage(case.problem).rate, None
    except InputError as refusal:
        return None, str(refusal)
