"""One case: formula, exact solution and simulation of one escape, side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from landscape_sim.dynamics import LeimkuhlerMatthews, LossProportionalNoise
from landscape_sim.ensembles import simulate_first_passage
from landscape_sim.estimators import estimate_rate
from landscape_sim.exact.one_dimensional import mean_first_passage_time
from landscape_sim.landscapes import EscapeRoute, HalfSpace, LandscapeLike, find_escape_route
from landscape_sim.results import FirstPassageSample, RateEstimate
from landscape_sim.theory.arrhenius import eyring_kramers_rate, frozen_noise_diffusion
from landscape_sim.theory.power_law import PowerLawRate, power_law_escape_rate
from landscape_sim.validation import InputError

#: Some weeks on one core: more than anybody means to start.
_MOST_PATH_STEPS = 1e15


@dataclass(frozen=True)
class Case:
    """One escape to be compared.

    Attributes
    ----------
    landscape : LandscapeLike
        What is escaped from, by the route of :func:`find_escape_route`.
    learning_rate, batch_size : float
        ``η`` and ``B``.
    n_paths : int
        Simulated paths.
    relaxation_time_step : float
        Integration step at the minimum, in units of ``1/h_e*``.
    max_mean_times : float
        Paths are censored after this many mean times of Eq. (15).
    confidence_level : float
        Of the interval of the simulated rate.
    seed : int
        Of the simulation.
    """

    landscape: LandscapeLike
    learning_rate: float
    batch_size: float
    n_paths: int
    relaxation_time_step: float
    max_mean_times: float
    confidence_level: float
    seed: int


@dataclass(frozen=True)
class CaseResult:
    """The three answers and what they rest on; rates per unit of ``t = ηk``."""

    route: EscapeRoute
    formula: PowerLawRate
    rate_arrhenius: float
    rate_exact: float | None
    simulated: RateEstimate
    sample: FirstPassageSample
    time_step: float
    wall_seconds: float


@dataclass(frozen=True)
class Escape:
    """A case that was found sound: its route, its formula and its integration step."""

    case: Case
    route: EscapeRoute
    formula: PowerLawRate
    time_step: float


def prepare(case: Case) -> Escape:
    """Return the escape of ``case``, checked, without simulating it.

    Raises
    ------
    InputError
        If the landscape has no such escape, SGD or the integration would be
        unstable, the minimum is beyond the critical dimension, or the escape is
        too rare to be simulated.
    """
    route = find_escape_route(case.landscape)
    formula = power_law_escape_rate(
        route.minimum,
        route.saddle,
        learning_rate=case.learning_rate,
        batch_size=case.batch_size,
        outlier_curvature=route.outlier_curvature,
    )
    if formula.warning is not None:
        raise InputError(formula.warning)
    time_step = _time_step(case, route)
    steps = case.n_paths * math.exp(min(-formula.log_rate, 700.0)) / time_step
    if steps > _MOST_PATH_STEPS:
        raise InputError(
            f"loss_ratio {route.loss_ratio:g} at T = {formula.temperature:g} means an escape rate "
            f"of e^{formula.log_rate:.1f}, some {steps:.1e} path-steps; lower the loss ratio or "
            "n_paths"
        )
    return Escape(case, route, formula, time_step)


def compare(escape: Escape, progress: Callable[[int], None] | None = None) -> CaseResult:
    """Return formula, exact rate (in one dimension) and simulated rate of ``escape``.

    The rate is one over the mean first-passage time from the minimum to the other
    minimum; in more dimensions, to the plane through it across the line between
    the two.
    """
    began = time.perf_counter()
    case, route, formula = escape.case, escape.route, escape.formula
    sample = simulate_first_passage(
        case.landscape,
        LeimkuhlerMatthews(
            LossProportionalNoise(formula.temperature), escape.time_step * route.minimum.loss
        ),
        route.minimum.position,
        HalfSpace.beyond(route.destination.position, seen_from=route.minimum.position),
        n_paths=case.n_paths,
        max_time=case.max_mean_times / formula.rate,
        seed=case.seed,
        progress=progress,
    )
    frozen = frozen_noise_diffusion(route.minimum.loss, formula.temperature)
    return CaseResult(
        route=route,
        formula=formula,
        rate_arrhenius=eyring_kramers_rate(route.minimum, route.saddle, frozen).rate,
        rate_exact=_exact_rate(case, route, formula.temperature),
        simulated=estimate_rate(sample, case.confidence_level),
        sample=sample,
        time_step=escape.time_step,
        wall_seconds=time.perf_counter() - began,
    )


def _time_step(case: Case, route: EscapeRoute) -> float:
    largest = float(route.minimum.eigenvalues[-1])
    if case.learning_rate * largest >= 2.0:
        raise InputError(
            f"learning_rate {case.learning_rate:g} makes SGD diverge at a curvature of "
            f"{largest:g}; keep it below 2/h = {2.0 / largest:g}"
        )
    time_step = case.relaxation_time_step / route.outlier_curvature
    if time_step * largest >= 1.0:
        raise InputError(
            f"relaxation_time_step {case.relaxation_time_step:g} is too coarse for a curvature of "
            f"{largest:g}; keep it below {route.outlier_curvature / largest:g}"
        )
    return time_step


def _exact_rate(case: Case, route: EscapeRoute, temperature: float) -> float | None:
    """Return the exact rate where one is known: in one dimension."""
    if len(route.minimum.position) != 1:
        return None
    (start,), (target,) = route.minimum.position, route.destination.position
    return mean_first_passage_time(case.landscape, start, target, temperature=temperature).rate
