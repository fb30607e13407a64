r"""Exact answers for Markov chains in discrete time and one dimension, from the transition kernel.

SGD in one dimension *is* such a chain, ``θ' = θ + j``, with a law of jumps ``j`` that depends on
``θ``; so is its replacement by Gaussian noise. On a grid the kernel becomes a matrix ``P``: the
mean number of steps before the chain leaves an interval solves ``u = 1 + P u``, and the
stationary law is the left eigenvector ``π = π P``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.update.landing_law import (
    Array,
    JumpLaw,
    spread,
    transition_matrices,
)
from landscape_sim.validation import InputError, require_count, require_positive

#: Largest relative change from half as many nodes that is accepted.
_TOLERANCE = 2e-3
_FEWEST_NODES, _MOST_NODES = 16, 2500
#: Mean numbers of steps beyond this are lost in the rounding of ``1 − P``, however fine the grid
#: (a coarse one may be wrong by any factor).
_MOST_STEPS, _FINE_ENOUGH = 1e13, 300
#: Near an exit many atoms are better smoothed by a lattice; around the middle of a law whose tail
#: is heavy they are not, because a jump from far out can land at any distance, however small.
_ATOMS_OF_PASSAGE, _ATOMS_OF_LAW = 500, 200_000


@dataclass(frozen=True)
class DiscretePassage:
    """A mean first-passage time of a chain.

    Attributes
    ----------
    mean_steps : float
        Mean number of steps until the chain has left the interval.
    relative_error : float
        Its change from half as many nodes and a lattice of jumps half as fine, or from the grid
        before, whichever is larger: the two contributions can cancel on one grid.
    """

    mean_steps: float
    relative_error: float


@dataclass(frozen=True, eq=False)
class DiscreteLaw:
    """A stationary law on the nodes of a grid.

    Attributes
    ----------
    nodes, weights : ndarray, shape (n_nodes,)
        Averages over the law are ``Σ weights · f(nodes)``.
    coarse_nodes, coarse_weights : ndarray
        The same from half as many nodes.
    """

    nodes: Array
    weights: Array
    coarse_nodes: Array
    coarse_weights: Array

    def mean(self, function: Callable[[Array], Array]) -> tuple[float, float]:
        """Return the average of ``function`` and its change from half as many nodes.

        That is no error: what lies beyond the ends of the grid is in neither number.
        """
        fine = float(self.weights @ function(self.nodes))
        return fine, abs(fine - float(self.coarse_weights @ function(self.coarse_nodes)))


def discrete_mean_first_passage_time(
    jumps: JumpLaw,
    start: float,
    low: float,
    high: float,
    *,
    batch_size: int = 1,
    n_nodes: int = 600,
) -> DiscretePassage:
    """Return the mean number of steps from ``start`` until the chain is outside ``(low, high)``.

    Parameters
    ----------
    jumps : callable
        Maps a position to atoms of the law of jumps and their probabilities.
    start, low, high : float
        Positions, in the order ``low < start < high``.
    batch_size : int
        A step is the mean of so many independent jumps.
    n_nodes : int
        Nodes of the first grid; their number is doubled until the answer stands.

    Raises
    ------
    InputError
        If an argument is out of range, the chain cannot leave, or the accuracy of 0.2 % is not
        reached.

    Examples
    --------
    A walk that leaves with the first step:

    >>> law = lambda x: (np.array([-2.0, 2.0]), np.array([0.5, 0.5]))
    >>> discrete_mean_first_passage_time(law, 0.0, -1.0, 1.0).mean_steps
    1.0
    """
    if not low < start < high or not math.isfinite(high - low):
        raise InputError(
            f"start must lie between low and high, got {low!r}, {start!r} and {high!r}"
        )
    batch_size = require_count("batch_size", batch_size)
    n_nodes = 2 * (require_count("n_nodes", n_nodes, _FEWEST_NODES) // 2) + 1
    error, previous = math.inf, math.nan
    while not error <= _TOLERANCE and n_nodes <= _MOST_NODES:
        nodes = np.linspace(low, high, n_nodes)
        fine, coarse = _mean_steps(jumps, start, nodes, batch_size)
        known = coarse if math.isnan(previous) else previous
        change = max(abs(fine - coarse), abs(fine - known))
        error = change / fine if fine > 0 else math.inf
        if n_nodes > _FINE_ENOUGH and not 0.0 < fine < _MOST_STEPS:
            error = math.inf
            break
        previous, n_nodes = fine, 2 * n_nodes - 1
    if not error <= _TOLERANCE:
        what = f"is known to a relative error of {error:.1e} only"
        if not math.isfinite(error):
            what = f"takes more than the {_MOST_STEPS:.0e} steps that rounding allows"
        raise InputError(
            f"the mean passage {what}: the steps are too short or the exit is too rare for the "
            "grid; raise the learning rate or the noise"
        )
    return DiscretePassage(fine, error)


def _mean_steps(jumps: JumpLaw, start: float, nodes: Array, batch_size: int) -> tuple[float, float]:
    """Return ``u = 1 + P u`` at ``start``, from all nodes and from every other."""
    low, high = nodes[0], nodes[-1]

    def places(landing: Array, cell: float) -> tuple[Array, Array]:
        inside = np.minimum(landing - low, high - landing)
        # A node of a lattice stands for the cell around it: a part of that may be outside.
        share = np.clip(0.5 + inside / cell, 0.0, 1.0) if cell else (inside > 0).astype(float)
        where = np.clip((landing - low) / (nodes[1] - low), 0.0, nodes.size - 1.0)
        return where, share

    def solve(matrix: Array) -> float:
        n = len(matrix)
        try:
            steps = np.linalg.solve(np.eye(n) - matrix, np.ones(n))
        except np.linalg.LinAlgError:
            return math.inf
        place = np.array([(start - low) / (high - low) * (n - 1)])
        return float(spread(place, np.ones(1), n) @ steps)

    fine, coarse = transition_matrices(jumps, nodes, places, batch_size, _ATOMS_OF_PASSAGE)
    return solve(fine), solve(coarse)


def discrete_stationary_law(
    jumps: JumpLaw,
    centre: float,
    width: float,
    *,
    batch_size: int = 1,
    n_nodes: int = 241,
    reach: float = 9.0,
) -> DiscreteLaw:
    """Return the stationary law of a chain around ``centre``.

    The grid is equidistant in ``z`` with ``x = centre + width · sinh z``, ``|z| <= reach``: it
    resolves the core and follows a power-law tail over several decades. What lands beyond its
    ends is put there.

    Parameters
    ----------
    jumps, batch_size
        As for :func:`discrete_mean_first_passage_time`.
    centre, width : float
        Middle of the law, and a width of its core.
    n_nodes : int
        Nodes of the grid, rounded to one more than a multiple of four.
    reach : float
        ``z`` at the ends. What this cuts off a tail is not seen by halving the nodes;
        :func:`~landscape_sim.exact.update.stationary_mean.discrete_stationary_mean` finds a reach.

    Raises
    ------
    InputError
        If an argument is out of range.

    Examples
    --------
    ``x' = x/2 + normal`` has the variance 4/3:

    >>> from landscape_sim.exact.update.landing_law import gaussian_law
    >>> chain = gaussian_law(lambda x: -x / 2, lambda x: 1.0)
    >>> law = discrete_stationary_law(chain, 0.0, 1.0, n_nodes=201, reach=3.0)
    >>> round(law.mean(lambda x: x**2)[0], 5)
    1.33333
    """
    batch_size = require_count("batch_size", batch_size)
    n_nodes = 4 * (require_count("n_nodes", n_nodes, _FEWEST_NODES) // 4) + 1
    width, reach = require_positive("width", width), require_positive("reach", reach)
    n_half = n_nodes // 2
    nodes = centre + width * np.sinh(np.linspace(-reach, reach, n_nodes))

    def places(landing: Array, cell: float) -> tuple[Array, Array]:
        z = np.arcsinh((landing - centre) / width)
        where = np.clip((z / reach + 1.0) * n_half, 0.0, 2.0 * n_half)
        return where, np.ones(where.size)

    matrices = transition_matrices(jumps, nodes, places, batch_size, _ATOMS_OF_LAW)
    fine, coarse = map(_stationary_weights, matrices)
    return DiscreteLaw(nodes, fine, nodes[::2], coarse)


def _stationary_weights(matrix: Array) -> Array:
    """Return ``π`` with ``π = π P`` and ``Σ π = 1``."""
    n = len(matrix)
    # The rows sum to one, so one equation of π (P − 1) = 0 is void: normalisation replaces it.
    equations = matrix.T - np.eye(n)
    equations[n // 2] = 1.0
    unit = np.zeros(n)
    unit[n // 2] = 1.0
    return np.asarray(np.linalg.solve(equations, unit))
