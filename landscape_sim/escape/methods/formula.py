"""The rate by the law that assumes the noise: the power law, or that of constant noise."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from functools import partial

from landscape_sim.escape.caveats import formula_caveats
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.escape.strength import strongest_temperature
from landscape_sim.landscapes import CriticalPoint
from landscape_sim.results import Rate
from landscape_sim.theory.arrhenius import ArrheniusRate, eyring_kramers_rate
from landscape_sim.theory.parallel_passes import sum_over_passes
from landscape_sim.theory.power_law import PowerLawRate, power_law_escape_rate_at
from landscape_sim.theory.stability import critical_dimension
from landscape_sim.validation import InputError

#: Beyond, the rounding of a logarithm is an error of 1 % and more of the number itself.
_LARGEST_LOG = 0.01 / sys.float_info.epsilon


def formula_rate(problem: EscapeProblem) -> Rate[PowerLawRate | ArrheniusRate]:
    """Return the rate by the power law for noise that follows the loss, by Arrhenius' if constant.

    The rate has the prefactor of Eyring and Kramers, with both determinants. The detail is the law
    with its factors; that of the power law has Eq. (15) as printed too. It counts every pass that
    leads directly to the target and was found; the search for passes is not exhaustive. The
    caveats say where other wells, or the noise across the escape, make one over the mean passage
    time another number.

    Raises
    ------
    InputError
        If there are walls that reflect, no law is known for this noise, no pass leads directly to
        the target, or the minimum is beyond the critical dimension.
    """
    problem.require_no_walls("the formula", may_close=True)
    began = time.perf_counter()
    law: PowerLawRate | ArrheniusRate
    if problem.noise.follows_loss:
        law = power_law_of(problem)
    elif problem.noise.is_constant:
        law = arrhenius_of(problem)
    else:
        raise InputError(
            f"no formula is known for the noise {problem.noise.name!r}, which is neither constant "
            "nor proportional to the loss; use another method"
        )
    if not abs(law.log_rate) < _LARGEST_LOG:
        raise InputError(
            f"at T = {problem.temperature:g} rounding leaves no digit of the rate, whose logarithm "
            f"is {law.log_rate:.3g}; raise the temperature, or η/B"
        )
    caveats = formula_caveats(problem, law.log_rate, partial(_log_rate_over, problem))
    seconds = time.perf_counter() - began
    return Rate("formula", law.log_rate, law.rate, law, wall_seconds=seconds, caveats=caveats)


def _log_rate_over(problem: EscapeProblem, minimum: CriticalPoint, saddle: CriticalPoint) -> float:
    """Return the law's logarithm out of any minimum, under the noise of the problem's."""
    if problem.noise.follows_loss:
        return _power_law(problem, minimum, saddle).log_rate
    return eyring_kramers_rate(minimum, saddle, problem.frozen_diffusion).log_rate


def power_law_of(problem: EscapeProblem) -> PowerLawRate:
    """Return the power law for the escape, at ``h* = h_e*``, whatever its noise.

    Over several passes to the same well it is the sum of their rates. The critical dimension is
    that of the strongest noise in any direction, where the noise follows the loss.

    Raises
    ------
    InputError
        If no pass leads directly to the target, or the minimum is beyond the critical dimension.
    """
    law = sum_over_passes(
        [_power_law(problem, route.minimum, route.saddle) for route in problem.routes]
    )
    if problem.noise.follows_loss:
        strongest = strongest_temperature(problem.noise, problem.landscape, problem.minimum)
        law = replace(law, critical_dimension=critical_dimension(strongest))
    if law.warning is not None:
        raise InputError(law.warning)
    return law


def _power_law(
    problem: EscapeProblem, minimum: CriticalPoint, saddle: CriticalPoint
) -> PowerLawRate:
    return power_law_escape_rate_at(minimum, saddle, problem.temperature, problem.outlier_curvature)


def arrhenius_of(problem: EscapeProblem) -> ArrheniusRate:
    """Return the Eyring–Kramers rate at the noise that the minimum has, whatever the noise.

    Over several passes to the same well it is the sum of their rates.

    Raises
    ------
    InputError
        If no pass leads directly to the target.
    """
    return sum_over_passes(
        [
            eyring_kramers_rate(route.minimum, route.saddle, problem.frozen_diffusion)
            for route in problem.routes
        ]
    )
