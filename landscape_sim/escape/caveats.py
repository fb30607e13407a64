"""What the formula's answer leaves out, where that can be told: four rules, each with a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from landscape_sim.escape.jumps import jump_process
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import CriticalPoint, coordinates
from landscape_sim.landscapes.polygon import arc_length
from landscape_sim.results import rate_text

Array = NDArray[np.float64]

#: Below this many noise strengths the barrier is no barrier: on the quartic well, for loss ratios
#: from 1.2 to 10, the formulas are within 20 % of the exact rate above it, not below.
_LOWEST_BARRIER = 3.0
#: A change of the rate that is worth a word: the formulas themselves are no better than this.
_WORTH_A_WORD = math.log(1.1)
#: Nor is a barrier a parabola: on the catalogue it is at most 1.3 times as wide, at T up to 0.2.
_OTHER_WIDTH = math.log(1.5)

#: Logarithm of the rate out of a minimum over a saddle.
LogRate = Callable[[CriticalPoint, CriticalPoint], float]


def formula_caveats(problem: EscapeProblem, log_rate: float, law: LogRate) -> tuple[str, ...]:
    """Return why one over the mean passage time may differ from the formula.

    - The barrier is below three noise strengths: both laws are asymptotic.
    - The barrier is wider or narrower than the curvature at the saddle tells: both laws put a
      parabola in its place.
    - The noise is stronger across the escape than along it: the formula takes it to be isotropic,
      and the best path then makes a detour.
    - There are other wells: the formula is the rate of the direct passes, while a passage may
      wait in a deeper well, or go through others. The same law for all known passes says by how
      much.

    Parameters
    ----------
    problem : EscapeProblem
        The escape.
    log_rate : float
        What the formula gives.
    law : callable
        The formula between any two neighbours.
    """
    rules = (
        _low_barrier(problem),
        _no_parabola(problem),
        _noise_across(problem),
        _other_wells(problem, log_rate, law),
    )
    return tuple(caveat for rule in rules for caveat in rule)


def _low_barrier(problem: EscapeProblem) -> Iterator[str]:
    barrier = float(_heights(problem, problem.route.minimum.loss))
    if barrier < _LOWEST_BARRIER:
        yield (
            f"the barrier is {barrier:.3g} noise strengths high, and the formula holds for many; "
            "compare with exact or simulate"
        )


def _heights(problem: EscapeProblem, losses: float | Array) -> Array:
    """Return how far losses lie below the saddle, in units of the noise along the escape."""
    top = problem.route.saddle.loss
    if problem.noise.follows_loss:
        return np.asarray(np.log(top / losses) / problem.temperature)
    return np.asarray((top - losses) / problem.frozen_diffusion)


def _no_parabola(problem: EscapeProblem) -> Iterator[str]:
    """Compare ``∫ exp(U/T) ds`` along the way with the Gaussian that the laws put in its place."""
    route = problem.route
    seen = np.exp(-_heights(problem, route.path_losses))
    width = float(np.trapezoid(seen, arc_length(route.path)))
    # Roots apart: the product overflows at temperatures that are nobody's, and the ratio is zero.
    spread = (
        math.sqrt(problem.temperature) * math.sqrt(route.saddle.loss)
        if problem.noise.follows_loss
        else math.sqrt(problem.frozen_diffusion)
    )
    parabola = spread * math.sqrt(2.0 * math.pi / abs(float(route.saddle.eigenvalues[0])))
    if abs(math.log(width / parabola)) > _OTHER_WIDTH:
        yield (
            f"the barrier is {width / parabola:.2g} times as wide, as the noise sees it, as the "
            "curvature at its top tells the formula; compare with exact or simulate"
        )


def _noise_across(problem: EscapeProblem) -> Iterator[str]:
    across = float(np.linalg.eigvalsh(problem.noise.matrix(problem.dimension))[-1])
    along = float(problem.noise.spread(problem.direction.vector)) ** 2
    if math.log(across / along) > _WORTH_A_WORD:
        yield (
            f"the noise is {across / along:.3g} times as strong across the escape as along it, "
            "and the formula takes it to be isotropic: it can be decades too low; use exact or "
            "splitting"
        )


def _other_wells(problem: EscapeProblem, log_rate: float, law: LogRate) -> Iterator[str]:
    process = jump_process(problem)
    change = process.log_rate([law(jump.minimum, jump.saddle) for jump in process.jumps]) - log_rate
    if abs(change) > _WORTH_A_WORD:
        deepest = min(process.wells[2:], key=lambda well: well.loss)
        yield (
            "this is the rate of the direct passes; with the other wells, the deepest at "
            f"{coordinates(deepest.position)}, one over the mean passage time is about "
            f"{rate_text(log_rate + change, 3)} by the same law; use exact or simulate"
        )
