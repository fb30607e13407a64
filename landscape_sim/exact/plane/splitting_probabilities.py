"""Which of several targets a path meets first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.exact.plane.scan import Scan
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain, read_position
from landscape_sim.landscapes.targets import Ball, Target, check_passage
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class SplittingProbabilities:
    """The probability of meeting each target before all others.

    Attributes
    ----------
    probabilities : tuple of float
        In the order of the targets; zero for one that lies behind the others.
    relative_errors : tuple of float
        Estimated, at most 1 %; zero where the probability is.
    """

    probabilities: tuple[float, ...]
    relative_errors: tuple[float, ...]


def splitting_probabilities(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    targets: Sequence[Target],
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> SplittingProbabilities:
    """Return with which probability a path from ``start`` meets each of ``targets`` first.

    The probabilities solve ``−Q p_k = q_k`` with the generator ``Q`` among the states outside all
    targets and its rates ``q_k`` into the ``k``-th, on the region of a passage to that one: each
    to its own relative precision, however small it is. For two targets that is the committor.

    Parameters
    ----------
    landscape, noise, start, n_cells, domain
        As for :func:`landscape_sim.mean_first_passage_time`.
    targets : sequence of Target
        Two or more, apart from one another. In more than two dimensions all are symmetric about
        the line from the start to each.

    Raises
    ------
    InputError
        As :func:`landscape_sim.mean_first_passage_time`, or for fewer than two targets, or two that
        overlap.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), sections 5.2.8 and 5.4.2.

    Examples
    --------
    Free diffusion from 1/4 meets 1 before 0 with the probability 1/4.

    >>> from landscape_sim.dynamics import ConstantNoise
    >>> from landscape_sim.landscapes import HalfSpace, QuadraticBowl
    >>> flat = QuadraticBowl(1.0, (1e-12,))
    >>> ends = HalfSpace(0.0, (-1.0,)), HalfSpace(1.0, (1.0,))
    >>> found = splitting_probabilities(flat, ConstantNoise(1.0), (0.25,), ends)
    >>> [round(p, 9) for p in found.probabilities]
    [0.75, 0.25]
    """
    start = read_position("start", start)
    if len(targets) < 2:
        raise InputError(f"targets must be two or more, got {targets!r}")
    for target in targets:
        check_passage(landscape, start, target)
    _require_apart(targets)
    found = []
    for k, target in enumerate(targets):
        others = (*targets[:k], *targets[k + 1 :])
        frame = make_frame(landscape, noise, start, target, domain)
        found.append(_probability(find_region(frame, (*others, target), n_cells)))
    probabilities, errors = zip(*found, strict=True)
    return SplittingProbabilities(probabilities, errors)


def _require_apart(targets: Sequence[Target]) -> None:
    for one, other in combinations(targets, 2):
        is_one = one == other
        if isinstance(one, Ball) and isinstance(other, Ball):
            is_one = math.dist(one.centre, other.centre) < one.radius + other.radius
        if is_one:
            raise InputError(
                f"targets must be apart from one another, {one!r} and {other!r} are not; make "
                "them smaller, or leave one out"
            )


def _probability(grid: Scan) -> tuple[float, float]:
    """Return the probability to meet the last target first, and its relative error."""

    def solve(chain: Chain) -> float:
        return float(np.log(Absorption(chain).solve(chain.exits[-1])[chain.start]))

    logs = solve_thrice(grid, solve)
    if max(logs) == -np.inf:
        return 0.0, 0.0
    log_probability, error = extrapolate(grid, logs)
    return min(float(np.exp(log_probability)), 1.0), error
