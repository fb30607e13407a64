"""The scheme of simulations whose step is given, as studies repeat them case by case."""

from __future__ import annotations

from landscape_sim.dynamics.contract import Dynamics
from landscape_sim.dynamics.scheme_registry import scheme_family
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
    return relaxation_time_step / float(problem.minimum.eigenvalues[-1])


def scheme_at(
    problem: EscapeProblem, relaxation_time_step: float, scheme: str = "leimkuhler-matthews"
) -> Dynamics:
    """Return the scheme of this name of which one step at the minimum lasts so long.

    Parameters
    ----------
    problem : EscapeProblem
        The escape.
    relaxation_time_step : float
        As for :func:`time_step_at`.
    scheme : str
        One of :func:`landscape_sim.dynamics.scheme_registry.scheme_names`.

    Raises
    ------
    InputError
        If there is no scheme of this name.
    """
    time_step = time_step_at(problem, relaxation_time_step)
    return scheme_family(scheme).with_step_at(
        problem.noise, problem.landscape, problem.start, time_step
    )
