"""The rate by the large-deviation law of the noise that there is: instantons and prefactors."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import EscapeRoute, find_critical_points
from landscape_sim.landscapes.descent import same_place
from landscape_sim.landscapes.saddle_pass import pass_over
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.instanton import Instanton, find_instantons
from landscape_sim.large_deviations.line_law import LineLaw, line_law
from landscape_sim.results import Rate


@dataclass(frozen=True, eq=False)
class InstantonDetail:
    """What an instanton's rate rests on.

    Attributes
    ----------
    ways : tuple of Instanton or LineLaw
        Every minimiser of the action, over every saddle that joins the two wells.
    exponent : float
        The least ``V/ε`` of them.
    n_saddles : int
        Over how many saddles they lead.
    """

    ways: tuple[Instanton | LineLaw, ...]
    exponent: float
    n_saddles: int


def instanton_rate(problem: EscapeProblem) -> Rate[InstantonDetail]:
    """Return the rate of weak noise, to leading order, for any noise model.

    Summed over the saddles that join the two wells, and over all minimisers of the action. The
    detail has paths, actions and prefactors.

    Raises
    ------
    InputError
        If only the exponent is known, or as :func:`landscape_sim.find_instantons`.
    """
    began = time.perf_counter()
    strength = problem.temperature / problem.outlier_curvature
    hamiltonian = DiffusionHamiltonian.of_noise(problem.landscape, problem.noise, strength)
    ways: list[Instanton | LineLaw] = []
    start = problem.start
    if problem.dimension == 1:
        ways.append(line_law(hamiltonian, start[0], problem.route.saddle.position[0]))
        saddles = [problem.route.saddle.position]
    else:
        saddles = _saddles(problem)
        for saddle in saddles:
            descent = _descent(problem.route) if saddle == saddles[0] else None
            ways += find_instantons(hamiltonian, start, saddle, descent)
    log_rate = float(np.logaddexp.reduce([way.log_rate for way in ways]))
    exponent = min(way.action for way in ways) / strength
    return Rate(
        method="instanton",
        log_rate=log_rate,
        rate=math.exp(log_rate),
        detail=InstantonDetail(tuple(ways), exponent, len(saddles)),
        wall_seconds=time.perf_counter() - began,
    )


def _saddles(problem: EscapeProblem) -> list[tuple[float, ...]]:
    """Return the saddles that join start and target, that of the route first."""
    route, landscape = problem.route, problem.landscape
    found = [route.saddle.position]
    for point in find_critical_points(landscape):
        if point.index != 1 or same_place(landscape, point, route.saddle):
            continue
        over = pass_over(landscape, point.position)
        if over and over.oriented(landscape, route.minimum, route.destination):
            found.append(point.position)
    return found


def _descent(route: EscapeRoute) -> NDArray[np.float64]:
    """Return the path of steepest descent between minimum and saddle."""
    return np.vstack([route.path[: route.top], route.saddle.position])
