"""The rate by the cheapest method that reaches an accuracy, and why by this one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from landscape_sim.escape.cost import (
    log_seconds_of_simulation,
    log_seconds_of_splitting,
    predicted_log_rate,
    spoken,
)
from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.simulate import simulated_rate
from landscape_sim.escape.methods.splitting import splitting_rate
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.results import Rate
from landscape_sim.validation import (
    InputError,
    require_confidence_level,
    require_count,
    require_positive,
    require_relative_error,
    require_seed,
)

#: Path-steps that a direct simulation may take where nothing is known: some ten seconds.
_SOON = 1e10


def cheapest_rate(
    problem: EscapeProblem,
    *,
    relative_error: float = 0.02,
    confidence_level: float = 0.95,
    max_path_steps: float = 1e11,
    seed: int = 0,
    n_threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Rate[Any]:
    """Return the rate by the method that reaches the accuracy in the shortest time.

    The exact rate, where there is one whose numerical error is small enough: it has no error of
    statistics. Otherwise it is simulated, directly or by splitting, by what each is predicted to
    take: a direct simulation waits for every escape, so that its work grows as one over the rate;
    that of splitting grows as the square of its logarithm.

    Parameters
    ----------
    problem : EscapeProblem
    relative_error : float
        To reach: the bound on the error of an exact rate, else the standard error.
    confidence_level, max_path_steps, seed, n_threads, progress
        As for :func:`landscape_sim.simulate`.

    Returns
    -------
    Rate
        Of the method chosen, whose name it has. The first of its caveats says why this one.

    Raises
    ------
    InputError
        If a setting is out of range, or the method chosen refuses.
    """
    relative_error = require_relative_error(relative_error)
    confidence_level = require_confidence_level(confidence_level)
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    seed = require_seed(seed)
    if n_threads is not None:
        n_threads = require_count("n_threads", n_threads)
    try:
        exact = exact_rate(problem)
    except InputError as refusal:
        no_exact = f"no exact rate, {str(refusal).partition(';')[0]}"
    else:
        if (exact.relative_discretisation_error or 0.0) <= relative_error:
            return _because(exact, "it has no statistical error")
        no_exact = f"the exact rate is off by up to {exact.relative_discretisation_error:.1g}"
    settings: dict[str, Any] = {
        "relative_error": relative_error,
        "confidence_level": confidence_level,
        "max_path_steps": max_path_steps,
        "seed": seed,
        "n_threads": n_threads,
        "progress": progress,
    }
    return _because(*_simulated(problem, settings), no_exact)


def _simulated(problem: EscapeProblem, settings: dict[str, Any]) -> tuple[Rate[Any], str]:
    """Return the rate by the simulation that is predicted to be the shorter, and why by this."""
    log_rate = predicted_log_rate(problem)
    if log_rate is None:
        unknown = "no law tells beforehand how rare the escape is"
        soon = {**settings, "max_path_steps": min(_SOON, settings["max_path_steps"])}
        try:
            return simulated_rate(problem, **soon), f"{unknown}, and it is frequent"
        except InputError:
            return splitting_rate(problem, **settings), f"{unknown}, and it is rare"
    direct, split = (
        log_seconds(problem, log_rate, settings["relative_error"], settings["n_threads"])
        for log_seconds in (log_seconds_of_simulation, log_seconds_of_splitting)
    )
    why = f"about {spoken(min(direct, split))}, by the other {spoken(max(direct, split))}"
    method = simulated_rate if direct < split else splitting_rate
    return method(problem, **settings), why


def _because(answer: Rate[Any], *reasons: str) -> Rate[Any]:
    said = f"auto took {answer.method}: {'; '.join(reasons)}"
    return dataclasses.replace(answer, caveats=(said, *answer.caveats))
