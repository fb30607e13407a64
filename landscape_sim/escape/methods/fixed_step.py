"""The scheme of simulations whose step is given, as studies repeat them case by case."""

from __future__ import annotations

from landscape_sim.dynamics import LeimkuhlerMatthews
from landscape_sim.escape.problem import EscapeProblem


def time_step_at(problem: EscapeProblem, relaxation_time_step: float) -> float:
    """Return the integration step at the minimum, in units of ``t``.

    Parameters
    ----------
    problem : EscapeProblem
        The escape.
    relaxation_time_step : float
        The step in units of one over the largest curvature at the minimum.
    """
    return relaxation_time_step / float(problem.route.minimum.eigenvalues[-1])


def scheme_at(problem: EscapeProblem, relaxation_time_step: float) -> LeimkuhlerMatthews:
    """Return the Leimkuhler–Matthews scheme of that step, in the time that makes noise constant."""
    pace = float(problem.noise.modulation(problem.landscape, problem.start))
    return LeimkuhlerMatthews(problem.noise, time_step_at(problem, relaxation_time_step) * pace)
