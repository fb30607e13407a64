"""The answers to one escape, each by its own method and with its own evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from landscape_sim.ensembles import simulate
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.exact.line.passage import (
    PassageTime,
    constant_noise_mean_first_passage_time,
    mean_first_passage_time,
)
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.rare_events.rare_escape import RareRate, simulate_rare_escape
from landscape_sim.rare_events.scores import Score, default_score
from landscape_sim.theory.arrhenius import ArrheniusRate, eyring_kramers_rate
from landscape_sim.theory.power_law import PowerLawRate, power_law_escape_rate
from landscape_sim.validation import InputError

Method = Literal["formula", "exact", "simulate", "splitting"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class MethodRate:
    """One answer: a rate per unit of ``t = ηk``, and what it rests on.

    Attributes
    ----------
    method : str
        One of :data:`METHODS`.
    rate : float
        One over the mean first-passage time.
    low, high : float or None
        Bounds of the rate: of the numerical error where it is exact, of the confidence
        interval where it is simulated, None where it is a formula.
    confidence_level : float or None
        Of the interval, where it is one.
    n_events : int or None
        Simulated passages behind it, where they are independent: not those of splitting.
    path_steps : int
        Integration steps made.
    wall_seconds : float
        Time that it took.
    """

    method: Method
    rate: float
    low: float | None
    high: float | None
    confidence_level: float | None
    n_events: int | None
    path_steps: int
    wall_seconds: float


def power_law_of(problem: EscapeProblem) -> PowerLawRate:
    """Return Eq. (15) for the escape, at ``h* = h_e*``.

    Raises
    ------
    InputError
        If the minimum is beyond the critical dimension.
    """
    law = power_law_escape_rate(
        problem.route.minimum,
        problem.route.saddle,
        learning_rate=problem.learning_rate,
        batch_size=problem.batch_size,
        outlier_curvature=problem.outlier_curvature,
    )
    if law.warning is not None:
        raise InputError(law.warning)
    return law


def arrhenius_of(problem: EscapeProblem) -> ArrheniusRate:
    """Return the Eyring–Kramers rate at the noise that the minimum has."""
    return eyring_kramers_rate(
        problem.route.minimum, problem.route.saddle, problem.frozen_diffusion
    )


def exact_passage(problem: EscapeProblem, n_cells: int = 400) -> PassageTime:
    """Return the mean first-passage time, by quadrature or on a grid of ``n_cells`` an axis.

    Raises
    ------
    InputError
        In more than two dimensions, and where the solver refuses.
    """
    start, target = problem.route.minimum.position, problem.route.destination.position
    if problem.dimension == 2:
        return plane_mean_first_passage_time(
            problem.landscape,
            problem.noise,
            start,
            problem.target,
            n_cells=n_cells,
            domain=problem.plane_domain,
        )
    if problem.dimension > 2:
        raise InputError(
            f"an exact rate is known in one and two dimensions, not in {problem.dimension}; "
            "use the method simulate"
        )
    ((strength,),) = problem.noise.matrix(1).tolist()
    if problem.noise_follows_loss:
        return mean_first_passage_time(problem.landscape, start[0], target[0], temperature=strength)
    return constant_noise_mean_first_passage_time(
        problem.landscape, start[0], target[0], diffusion=strength
    )


def formula_rate(problem: EscapeProblem) -> MethodRate:
    """Return the rate of the law that assumes this noise: Eq. (15), or Eyring–Kramers."""
    began = time.perf_counter()
    law = power_law_of(problem) if problem.noise_follows_loss else arrhenius_of(problem)
    return MethodRate("formula", law.rate, None, None, None, None, 0, time.perf_counter() - began)


def exact_rate(problem: EscapeProblem, n_cells: int = 400) -> MethodRate:
    """Return the exact rate with the bounds of its numerical error."""
    began = time.perf_counter()
    passage = exact_passage(problem, n_cells)
    error = passage.rate * passage.relative_error
    seconds = time.perf_counter() - began
    low, high = passage.rate - error, passage.rate + error
    return MethodRate("exact", passage.rate, low, high, None, None, 0, seconds)


def simulated_rate(
    problem: EscapeProblem,
    *,
    relative_error: float,
    confidence_level: float,
    max_path_steps: float,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> MethodRate:
    """Return the simulated rate to a relative accuracy; see :func:`ensembles.simulate`."""
    began = time.perf_counter()
    result = simulate(
        problem.landscape,
        problem.noise,
        problem.route.minimum.position,
        problem.target,
        relative_tolerance=relative_error,
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        progress=progress,
    )
    return MethodRate(
        method="simulate",
        rate=result.rate,
        low=result.interval.low,
        high=result.interval.high,
        confidence_level=confidence_level,
        n_events=len(result.time_steps) * result.n_paths,
        path_steps=result.path_steps,
        wall_seconds=time.perf_counter() - began,
    )


def split_escape(
    problem: EscapeProblem,
    *,
    relative_error: float,
    confidence_level: float,
    seed: int,
    max_path_steps: float = 1e11,
    progress: Callable[[int, int], None] | None = None,
) -> RareRate:
    """Return the rate by adaptive multilevel splitting along the route of the escape."""
    return simulate_rare_escape(
        problem.landscape,
        problem.noise,
        problem.route.minimum.position,
        problem.target,
        relative_error=relative_error,
        score=progress_score(problem),
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        progress=progress,
    )


def progress_score(problem: EscapeProblem) -> Score:
    """Return the progress along the route of the escape, by which splitting goes."""
    route = [tuple(map(float, point)) for point in _waypoints(problem)]
    return default_score(problem.route.minimum.position, route, problem.target)


def _waypoints(problem: EscapeProblem) -> Sequence[Sequence[float]]:
    """Return some points of the steepest-descent path between its ends, the saddle among them."""
    if problem.dimension == 1:
        return ()
    path, saddle = problem.route.path, problem.route.saddle.position
    top = int(np.argmin(np.linalg.norm(path - np.array(saddle), axis=1)))
    before, after = path[: top : max(1, top // 4)], path[top :: max(1, (len(path) - top) // 4)]
    return [*before[1:], saddle, *after[1:-1]]


def splitting_rate(
    problem: EscapeProblem,
    *,
    relative_error: float,
    confidence_level: float,
    max_path_steps: float,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> MethodRate:
    """Return the rate by splitting to a relative standard error."""
    began = time.perf_counter()
    result = split_escape(
        problem,
        relative_error=relative_error,
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        progress=progress,
    )
    return MethodRate(
        method="splitting",
        rate=result.rate,
        low=result.interval.low,
        high=result.interval.high,
        confidence_level=confidence_level,
        n_events=None,
        path_steps=result.path_steps,
        wall_seconds=time.perf_counter() - began,
    )
