"""Wells beside the way that are too sharp for the steps which the way asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.escape.methods.fixed_step import points_on_route
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import CriticalPoint, coordinates, passes_out_of, same_place
from landscape_sim.results import Rate

#: Curvatures that are so many times the largest on the way: the finest of three steps, each half
#: of the one before, is as coarse there as the first is on the way.
_TOO_SHARP = 4.0


def with_sharp_wells(problem: EscapeProblem, answer: Rate[Any]) -> Rate[Any]:
    """Return a simulated rate with a caveat for each known well that its steps do not resolve.

    Paths that visit it stay for another time than they should.
    """
    way = [problem.minimum.position, *points_on_route(problem), problem.destination.position]
    hessians = (problem.landscape.hessian(tuple(map(float, point))) for point in way)
    largest = max(float(np.abs(_eigenvalues(hessian)).max()) for hessian in hessians)
    sharp = tuple(
        f"the well at {coordinates(well.position)} is {curvature / largest:.2g} times as sharp as "
        "any place on the way, and the steps are made for the way: if paths visit it, the rate is "
        "wrong; use exact"
        for well in _side_wells(problem)
        if (curvature := float(well.eigenvalues.max())) > _TOO_SHARP * largest
    )
    return replace(answer, caveats=(*answer.caveats, *sharp))


def _side_wells(problem: EscapeProblem) -> Iterator[CriticalPoint]:
    known = [problem.minimum, problem.destination]
    for over in passes_out_of(problem.landscape, problem.minimum, [problem.destination]):
        for well in (side.minimum for side in over.sides):
            if not any(same_place(problem.landscape, well, one) for one in known):
                known.append(well)
                yield well


def _eigenvalues(hessian: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.eigvalsh(np.asarray(hessian, dtype=np.float64))
