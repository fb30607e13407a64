"""The scheme of simulations whose step is given, as studies repeat them case by case."""

from __future__ import annotations

from functools import lru_cache

from landscape_sim.dynamics.contract import Dynamics
from landscape_sim.dynamics.scheme_registry import scheme_family
from landscape_sim.ensembles.reflection import longest_step_between, within
from landscape_sim.ensembles.time_scale import largest_step
from landscape_sim.escape.jumps import jump_process
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import Position
from landscape_sim.validation import InputError

_SCHEME = "leimkuhler-matthews"


def time_step_at(
    problem: EscapeProblem, relaxation_time_step: float, scheme: str = _SCHEME
) -> float:
    """Return the integration step at the minimum, in units of ``t``.

    Parameters
    ----------
    problem : EscapeProblem
        The escape.
    relaxation_time_step : float
        The step in units of one over the largest curvature at the minimum. Where drift or
        noise change more than twice as fast on the way to the target or in a well beside it, in the
        scheme's own time, the step is as much shorter.
    scheme : str
        By name.
    """
    at_minimum = relaxation_time_step / float(problem.minimum.eigenvalues[-1])
    return min(at_minimum, _largest_step(problem, relaxation_time_step, scheme))


def scheme_at(
    problem: EscapeProblem, relaxation_time_step: float, scheme: str = _SCHEME
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
    return _scheme(problem, scheme, time_step_at(problem, relaxation_time_step, scheme))


def points_on_route(problem: EscapeProblem) -> list[Position]:
    """Return the points of the steepest-descent paths that lead to the target, in order.

    None where no way is known within the walls: the straight line has to stand for it.
    """
    try:
        legs = problem.legs
    except InputError:
        return []
    points = [tuple(map(float, point)) for leg in legs for point in leg.path[1:-1]]
    return points if problem.walls is None or all(map(problem.holds, points)) else []


def side_wells(problem: EscapeProblem) -> list[Position]:
    """Return the known minima beside the way, within the walls."""
    beside = (well.position for well in jump_process(problem).wells[2:])
    return [position for position in beside if problem.holds(position)]


def _scheme(problem: EscapeProblem, scheme: str, time_step: float) -> Dynamics:
    free = scheme_family(scheme).with_step_at(
        problem.noise, problem.landscape, problem.start, time_step
    )
    return within(free, problem.walls, problem.start, problem.target)


@lru_cache(maxsize=256)
def _largest_step(problem: EscapeProblem, share: float, scheme: str) -> float:
    """Return the largest step that the way allows, in units of ``t`` at the minimum."""
    unit = _scheme(problem, scheme, 1.0)
    route, wells = points_on_route(problem), side_wells(problem)
    step = largest_step(problem.landscape, unit, problem.start, route, wells, problem.target, share)
    modulation = float(problem.noise.modulation(problem.landscape, problem.start))
    between = longest_step_between(problem.walls, problem.noise) / modulation
    return min(step / unit.time_step, between)
