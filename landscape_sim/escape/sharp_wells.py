"""Wells beside the way that are too sharp for the steps which the way asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from landscape_sim.escape.jumps import jump_process
from landscape_sim.escape.methods.fixed_step import points_on_route
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import coordinates
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
    largest = max(float(np.abs(np.linalg.eigvalsh(hessian)).max()) for hessian in hessians)
    sharp = tuple(
        f"the well at {coordinates(well.position)} is {curvature / largest:.2g} times as sharp as "
        "any place on the way, and the steps are made for the way: if paths visit it, the rate is "
        "wrong; use exact"
        for well in jump_process(problem).wells[2:]
        if (curvature := float(well.eigenvalues.max())) > _TOO_SHARP * largest
    )
    return replace(answer, caveats=(*answer.caveats, *sharp))
