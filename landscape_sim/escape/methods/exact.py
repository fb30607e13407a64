"""The exact rate, by quadrature or on a grid."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.passage import mean_first_passage_time
from landscape_sim.exact.plane.refinement import CoarseGridError
from landscape_sim.results import Rate, RateInterval

#: Along each axis of a grid, where no number is given: one after the other.
_CELLS = 400, 800, 1600


def exact_rate(problem: EscapeProblem, *, n_cells: int | None = None) -> Rate[PassageTime]:
    """Return the exact rate, with the bounds of its numerical error as the interval.

    The detail is the passage time; from a grid with the mean times from everywhere.

    Parameters
    ----------
    problem : EscapeProblem
        In one or two dimensions, or in more where landscape and noise are the same all around the
        line from the minimum to the target; in three also elsewhere under isotropic noise.
    n_cells : int, optional
        Cells along each axis of a grid; by default 400, and if these leave too
        large an error, 800 or 1600.

    Raises
    ------
    InputError
        In more than two dimensions without such an axis, and where the solver refuses.
    """
    began = time.perf_counter()
    passage = _passage(problem, _CELLS if n_cells is None else (n_cells,))
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


def _passage(problem: EscapeProblem, n_cells: Sequence[int]) -> PassageTime:
    """Return the passage time on the first grid that is fine enough."""
    for number in n_cells:
        try:
            return mean_first_passage_time(
                problem.landscape,
                problem.noise,
                problem.start,
                problem.target,
                n_cells=number,
                domain=problem.domain,
            )
        except CoarseGridError as error:
            refusal = error
    raise refusal
