"""The exact rate, by quadrature or on a grid."""

from __future__ import annotations

import math
import time

from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.passage import mean_first_passage_time
from landscape_sim.results import Rate, RateInterval


def exact_rate(problem: EscapeProblem, *, n_cells: int = 400) -> Rate[PassageTime]:
    """Return the exact rate, with the bounds of its numerical error as the interval.

    The detail is the passage time; in the plane with the mean times from everywhere.

    Parameters
    ----------
    problem : EscapeProblem
        In one or two dimensions.
    n_cells : int
        Cells along each axis of a grid in the plane.

    Raises
    ------
    InputError
        In more than two dimensions, and where the solver refuses.
    """
    began = time.perf_counter()
    passage = mean_first_passage_time(
        problem.landscape,
        problem.noise,
        problem.start,
        problem.target,
        n_cells=n_cells,
        domain=problem.domain,
    )
    relative = passage.relative_error
    error = passage.rate * relative
    interval = RateInterval(
        passage.rate - error,
        passage.rate + error,
        passage.log_rate + math.log1p(-relative),
        passage.log_rate + math.log1p(relative),
    )
    return Rate(
        method="exact",
        log_rate=passage.log_rate,
        rate=passage.rate,
        detail=passage,
        interval=interval,
        relative_discretisation_error=relative,
        wall_seconds=time.perf_counter() - began,
    )
