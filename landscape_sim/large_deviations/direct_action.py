r"""The action of a broken line, and its minimisation: where an instanton goes, roughly.

Every corner moves across the path only: along it the action does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.polygon import spread_evenly
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.lagrangian import Piece, cheapest
from landscape_sim.validation import InputError

#: Pieces of the line, and what change of the action ends a level, over the action. The last level
#: has to resolve how the directions of an instanton part close to the minimum.
_COARSE, _FINE_LEVELS = (40, 1e-4), ((120, 1e-5), (240, 1e-6))
#: The corners are spread evenly again so many times a level, and move in between.
_ROUNDS = 60
_STEPS_PER_ROUND = 10
#: What stands for an infinite action in the search, over the action at its start.
_NO_WAY = 10.0


@dataclass(frozen=True, eq=False)
class BrokenLine:
    """A path of straight pieces of equal length, from minimum to saddle.

    Attributes
    ----------
    corners : ndarray, shape (m + 1, n)
        Both ends included.
    action : float
        By the midpoint rule.
    pieces : Piece
        Momentum and duration at the ``m`` midpoints.
    """

    corners: Array
    action: float
    pieces: Piece


def rough_line(hamiltonian: Hamiltonian, path: Array) -> BrokenLine:
    """Return the local minimiser of the action that is reached from a path, in a few pieces.

    Raises
    ------
    InputError
        If no kick leads along the path.
    """
    n_pieces, tolerance = _COARSE
    return _line(hamiltonian, _descended(hamiltonian, spread_evenly(path, n_pieces + 1), tolerance))


def refined(hamiltonian: Hamiltonian, line: BrokenLine) -> BrokenLine:
    """Return the same minimiser in more pieces."""
    corners = line.corners
    for n_pieces, tolerance in _FINE_LEVELS:
        corners = _descended(hamiltonian, spread_evenly(corners, n_pieces + 1), tolerance)
    return _line(hamiltonian, corners)


def _line(hamiltonian: Hamiltonian, corners: Array) -> BrokenLine:
    value, _, pieces = _action(hamiltonian, corners)
    if not np.isfinite(value):
        raise InputError("the action of the path is infinite; choose another saddle")
    return BrokenLine(corners, value, pieces)


def _descended(hamiltonian: Hamiltonian, corners: Array, tolerance: float) -> Array:
    """Return the corners after as many rounds as change the action."""
    from scipy.optimize import minimize

    previous, waves = np.inf, _waves(len(corners) - 2)
    for _ in range(_ROUNDS):
        across, worst = _across(corners), _NO_WAY * _action(hamiltonian, corners)[0]
        found = minimize(
            _action_across,
            np.zeros(corners[1:-1].size),
            (hamiltonian, corners, across, waves, worst),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS_PER_ROUND},
        )
        corners = spread_evenly(_moved(found.x, corners, across, waves))
        if abs(previous - found.fun) <= tolerance * abs(found.fun):
            break
        previous = found.fun
    return corners


def _moved(sizes: Array, corners: Array, across: Array, waves: Array) -> Array:
    shifts = waves.T @ sizes.reshape(len(waves), -1)
    inner = np.einsum("lij,lj->li", across, shifts)
    return np.vstack([corners[:1], corners[1:-1] + inner, corners[-1:]])


def _action_across(
    sizes: Array,
    hamiltonian: Hamiltonian,
    corners: Array,
    across: Array,
    waves: Array,
    worst: float,
) -> tuple[float, Array]:
    try:
        value, slope, _ = _action(hamiltonian, _moved(sizes, corners, across, waves))
    except InputError:  # a step of the search has led to where no kick leads
        return worst, np.zeros_like(sizes)
    return value, (waves @ np.einsum("lij,li->lj", across, slope[1:-1])).ravel()


def _action(hamiltonian: Hamiltonian, corners: Array) -> tuple[float, Array, Piece]:
    """Return the action of a broken line, its derivative in the corners, and the pieces."""
    steps, middles = np.diff(corners, axis=0), 0.5 * (corners[1:] + corners[:-1])
    pieces = cheapest(hamiltonian, middles, steps)
    value = float(np.sum(pieces.momentum * steps))
    pull = -0.5 * pieces.duration[:, None] * pieces.slopes.position
    slope = np.zeros_like(corners)
    slope[1:] += pull + pieces.momentum
    slope[:-1] += pull - pieces.momentum
    return value, slope, pieces


def _waves(count: int) -> Array:
    """Return the standing waves by which corners move, one a row, the short ones less.

    Towards short waves the action's curvature grows as their wave number squared, and the search
    would take as many more steps; divided by that number, all waves are alike.
    """
    numbers = np.arange(1, count + 1)
    return np.sin(np.pi * np.outer(numbers, numbers) / (count + 1)) / numbers[:, None]


def _across(corners: Array) -> Array:
    """Return the projections across the path at its inner corners, ``(m − 1, n, n)``."""
    tangents = corners[2:] - corners[:-2]
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return np.eye(corners.shape[1]) - tangents[:, :, None] * tangents[:, None, :]
