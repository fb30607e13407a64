"""The rate by multilevel splitting along the route: to an accuracy, or also at a given step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from landscape_sim.escape.methods.fixed_step import (
    points_on_route,
    scheme_at,
    side_wells,
)
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import EscapeRoute
from landscape_sim.rare_events.rare_escape import simulate_rare_escape
from landscape_sim.rare_events.scores import Score
from landscape_sim.rare_events.several_ways import score_of_ways
from landscape_sim.rare_events.splitting import splitting_escape_rate
from landscape_sim.rare_events.splitting_detail import SplittingDetail
from landscape_sim.results import Rate


def splitting_rate(
    problem: EscapeProblem,
    *,
    relative_error: float = 0.1,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rate[SplittingDetail]:
    """Return the rate, extrapolated to step zero: :func:`landscape_sim.simulate_rare_escape`.

    Parameters and errors are those of that function; the score is the progress along the route.
    """
    return simulate_rare_escape(
        problem.landscape,
        problem.noise,
        problem.start,
        problem.target,
        relative_error=relative_error,
        route=points_on_route(problem),
        wells=side_wells(problem),
        walls=problem.walls,
        score=progress_score(problem),
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        n_threads=n_threads,
        progress=progress,
    )


def splitting_rate_at_step(
    problem: EscapeProblem,
    *,
    relaxation_time_step: float,
    relative_error: float = 0.1,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rate[SplittingDetail]:
    """Return the rate at one step, not extrapolated: the step of ``simulated_rate_at_step``.

    Parameters and errors are those of :func:`landscape_sim.splitting_escape_rate`; the step is
    that of :func:`landscape_sim.escape.methods.fixed_step.time_step_at`.
    """
    return splitting_escape_rate(
        problem.landscape,
        scheme_at(problem, relaxation_time_step),
        problem.start,
        problem.target,
        relative_error=relative_error,
        score=progress_score(problem),
        confidence_level=confidence_level,
        max_path_steps=max_path_steps,
        seed=seed,
        n_threads=n_threads,
        progress=progress,
    )


def progress_score(problem: EscapeProblem) -> Score:
    """Return the progress along the ways of the escape, by which splitting goes."""
    ways = [[tuple(map(float, point)) for point in way] for way in _ways(problem)]
    return score_of_ways(problem.landscape, problem.noise, problem.start, ways, problem.target)


def _ways(problem: EscapeProblem) -> list[list[Sequence[float]]]:
    """Return of each way the saddles, some points between, and the wells it leads through."""
    if problem.dimension == 1:
        return [[]]
    ways = [
        [point for leg in legs for point in (*_some_points(leg), leg.path[-1])][:-1]
        for legs in problem.ways
    ]
    # A way behind a wall is none: the straight line has to stand for it.
    return [way for way in ways if all(map(problem.holds, way))] or [[]]


def _some_points(route: EscapeRoute) -> list[Sequence[float]]:
    """Return some points of the steepest-descent path between its ends, the saddle among them."""
    path, top = route.path, route.top
    before, after = path[: top : max(1, top // 4)], path[top :: max(1, (len(path) - top) // 4)]
    return [*before[1:], route.saddle.position, *after[1:-1]]
