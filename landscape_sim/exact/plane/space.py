"""Mean first-passage times in three dimensions without symmetry, to moderate depth.

The grid of the plane with one axis more. A factorisation in space costs as the square of the
number of nodes, so that the grid is the finest that takes some two seconds; where its error
exceeds 3 % the rate is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.frame import Frame
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import InputError

_CELLS = 40
#: A factorisation of so many takes a second and a quarter of a gigabyte.
_MOST_STATES = 60_000


def space_mean_first_passage_time(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    domain: Domain | None = None,
) -> PassageTime:
    """Return the mean time from ``start`` to ``target`` in three dimensions, isotropic noise.

    As :func:`landscape_sim.plane_mean_first_passage_time`, with some 60,000 nodes.

    Raises
    ------
    InputError
        As that function, if the noise is not isotropic, or if so many nodes leave an error of
        more than 3 %.
    """
    frame = _all_around(make_frame(landscape, noise, start, target, domain))
    grid = find_region(frame, (target,), _CELLS)
    refined = int(_CELLS * (_MOST_STATES / np.count_nonzero(grid.states)) ** (1 / 3))
    if refined > _CELLS:
        grid = find_region(frame, (target,), refined)

    def solve(chain: Chain) -> float:
        return float(np.log(Absorption(chain).solve(np.ones(chain.exits.shape[1]))[chain.start]))

    return PassageTime(*extrapolate(grid, solve_thrice(grid, solve)))


def _all_around(axial: Frame) -> Frame:
    """Return the frame with two coordinates across the way instead of the distance from it."""
    if not axial.is_reversible:
        raise InputError(
            "in three dimensions without an axis of symmetry an exact rate is known for isotropic "
            "noise only; use the methods simulate or splitting, or n_outliers to freeze directions"
        )
    return replace(
        axial,
        axes=np.column_stack([axial.axes, np.cross(*axial.axes.T)]),
        strengths=np.full(3, axial.strengths[0]),
        destination=np.append(axial.destination, 0.0),
        is_axial=False,
    )
