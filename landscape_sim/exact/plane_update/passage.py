"""Mean first-passage times of chains in the plane, from their transition kernel.

The mean number of steps solves ``u = 1 + P u``. On the coarsest grid that is a dense system. On
every finer one it is iterated, with a grid of half as many nodes a side as its preconditioner: what
is slow, the escape itself, the coarse grid knows, and all else a step of the chain settles.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from landscape_sim.exact.plane_update.kernel import PlaneJumpLaw, transition_matrix
from landscape_sim.exact.plane_update.nodes import Array, Box, Nodes
from landscape_sim.exact.update.transition import DiscretePassage
from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import InputError, require_count

#: Largest relative change from half as many nodes a side that is accepted.
_TOLERANCE = 1e-2
#: By which a change falls at most from grid to grid: two grids alone may agree by chance.
_FALL = 64.0
_FEWEST_CELLS, _MOST_CELLS, _FINEST = 16, 80, 500
#: Mean numbers of steps beyond this are lost in the rounding of ``1 − P``.
_MOST_STEPS = 1e12
#: Of the iteration, over the answer: its residual, and the most steps.
_RESIDUAL, _MOST_ITERATIONS = 1e-6, 80
#: Points along each side of the box that must lie in the target, and what rounding may change.
_EDGE_POINTS, _ROUNDING = 64, 1e-9

Solver = Callable[[Array], Array]


def plane_discrete_mean_first_passage_time(
    jumps: PlaneJumpLaw,
    start: Position,
    target: Target,
    box: Box,
    *,
    batch_size: int = 1,
    n_cells: int = 48,
) -> DiscretePassage:
    """Return the mean number of steps from ``start`` until a chain in the plane is in the target.

    Parameters
    ----------
    jumps : callable
        Maps a position to the atoms of the law of jumps, shape ``(k, 2)``, and their
        probabilities. It is asked for positions a little beyond the box too.
    start : pair of float
        Where the chain begins.
    target : Target
        Where it ends; it must enclose what is left: for SGD an ``Outside`` or a ``LossLevel``.
    box : pair of pairs of float
        An interval for each coordinate, with all that lies outside the target.
    batch_size : int
        A step is the mean of so many independent jumps.
    n_cells : int
        Cells of the first grid along each side; they are halved until the answer stands.

    Returns
    -------
    DiscretePassage
        Its relative error is the change from cells twice as wide, or what the change before that
        can have fallen to, whichever is larger.

    Raises
    ------
    InputError
        If an argument is out of range, the target does not enclose the rest, the chain cannot
        leave, or the accuracy of 1 % is not reached.

    Examples
    --------
    A walk that leaves with the first step:

    >>> from landscape_sim.landscapes import Outside
    >>> far = np.array([[3.0, 0.0], [-3.0, 0.0]])
    >>> found = plane_discrete_mean_first_passage_time(
    ...     lambda x: (far, np.array([0.5, 0.5])),
    ...     (0.0, 0.0),
    ...     Outside((0.0, 0.0), 1.0),
    ...     ((-1.0, 1.0), (-1.0, 1.0)),
    ...     n_cells=16,
    ... )
    >>> round(found.mean_steps, 9)
    1.0
    """
    start, box = _checked(start, target, box)
    batch_size = require_count("batch_size", batch_size)
    n_cells = require_count("n_cells", n_cells, _FEWEST_CELLS)
    if n_cells > _MOST_CELLS:
        raise InputError(f"n_cells of the first grid must not exceed {_MOST_CELLS}, got {n_cells}")
    _require_law(*jumps(start))
    nodes = Nodes(box, n_cells)
    matrix = _equations(jumps, nodes, target, batch_size)
    solver = _dense(matrix)
    steps = solver(np.ones(nodes.count))
    error = change = math.inf
    mean = _at(nodes, steps, start)
    # A chain that never leaves has no solution on the coarsest grid already.
    is_open = bool(np.isfinite(steps).all())
    while is_open and not error <= _TOLERANCE and 2 * nodes.refinement * n_cells <= _FINEST:
        finer, before = nodes.halved(), mean
        matrix = _equations(jumps, finer, target, batch_size)
        solver = _two_grids(matrix, nodes, finer, solver)
        steps = _iterated(matrix, solver)
        nodes, mean = finer, _at(finer, steps, start)
        is_number = 0.0 < mean < _MOST_STEPS
        previous, change = change, abs(mean - before) / mean if is_number else math.inf
        error = max(change, previous / _FALL)
    if not error <= _TOLERANCE:
        raise _unknown(mean, error)
    return DiscretePassage(mean, error)


def _checked(start: Position, target: Target, box: Box) -> tuple[Position, Box]:
    """Return start and box, or refuse them."""
    try:
        sides = np.array(box, dtype=float)
    except (TypeError, ValueError):
        sides = np.empty(0)
    if (
        sides.shape != (2, 2)
        or not np.isfinite(sides).all()
        or not (sides[:, 0] < sides[:, 1]).all()
    ):
        raise InputError(f"box must be two intervals (low, high), got {box!r}")
    if target.dimension != 2 or len(start) != 2:
        raise InputError(
            f"start and target need two coordinates, got {len(start)} and {target.dimension}; on a "
            "line see discrete_mean_first_passage_time"
        )
    if not target.distance(tuple(map(float, start))) > 0.0:
        raise InputError(f"start {start!r} lies in the target; move one of them")
    shares = np.linspace(0.0, 1.0, _EDGE_POINTS + 1)
    (left, right), (bottom, top) = sides
    across, along = left + shares * (right - left), bottom + shares * (top - bottom)
    slack = _ROUNDING * float(np.ptp(sides, axis=1).max())
    for x, y in ((across, bottom), (across, top), (left, along), (right, along)):
        if (np.asarray(target.distance((x + 0.0 * y, y + 0.0 * x))) > slack).any():
            raise InputError(
                f"the target must enclose what is left, but an edge of the box {box!r} lies "
                "outside the target; widen the box, or take an Outside or a LossLevel"
            )
    return tuple(map(float, start)), ((float(left), float(right)), (float(bottom), float(top)))


def _require_law(jumps: Array, weights: Array) -> None:
    shapes = np.shape(jumps), np.shape(weights)
    if shapes[0] != (*shapes[1], 2) or not abs(float(np.sum(weights)) - 1.0) < _ROUNDING:
        raise InputError(
            "the law of jumps must be atoms of shape (k, 2) and k probabilities that add up to "
            f"one, got {shapes[0]} and {shapes[1]} with the sum {float(np.sum(weights)):.6g}"
        )


def _equations(jumps: PlaneJumpLaw, nodes: Nodes, target: Target, batch_size: int) -> Any:
    """Return ``1 − P``."""
    from scipy.sparse import eye_array

    return eye_array(nodes.count, format="csr") - transition_matrix(
        jumps, nodes, target, batch_size
    )


def _at(nodes: Nodes, values: Array, place: Position) -> float:
    return float((nodes.interpolation(np.array([place])) @ values)[0])


def _dense(matrix: Any) -> Solver:
    from scipy.linalg import LinAlgWarning, lu_factor, lu_solve

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LinAlgWarning)  # the solution shows it
        factors = lu_factor(matrix.toarray())
    return lambda right: np.asarray(lu_solve(factors, right))


def _two_grids(matrix: Any, coarse: Nodes, fine: Nodes, solver: Solver) -> Solver:
    """Return an approximate solver: a step of the chain, then what the coarse grid corrects."""
    prolongation = coarse.interpolation(fine.positions())
    shape = fine.per_side, fine.per_side

    def solve(right: Array) -> Array:
        rest = (right - matrix @ right).reshape(shape)[::2, ::2]
        return np.asarray(right + prolongation @ solver(rest.ravel()))

    return solve


def _iterated(matrix: Any, solver: Solver) -> Array:
    """Return the solution of ``(1 − P) u = 1`` by GMRES on the equations as the solver leaves them.

    Their residual is that of the answer, the slow escape included.
    """
    from scipy.sparse.linalg import LinearOperator, gmres

    operator = LinearOperator(matrix.shape, lambda v: solver(matrix @ v), dtype=float)
    steps, is_open = gmres(
        operator,
        solver(np.ones(matrix.shape[0])),
        rtol=_RESIDUAL,
        restart=_MOST_ITERATIONS,
        maxiter=1,
    )
    return np.full_like(steps, np.nan) if is_open else np.asarray(steps)


def _unknown(mean: float, error: float) -> InputError:
    what = f"is known to a relative error of {error:.1e} only"
    if not math.isfinite(error):
        what = f"does not converge or takes more than the {_MOST_STEPS:.0e} steps rounding allows"
    return InputError(
        f"the mean passage {what}: the steps are too short or the exit is too rare for the grid; "
        "raise the learning rate or the noise, or n_cells"
    )
