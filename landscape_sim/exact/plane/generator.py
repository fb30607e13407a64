"""The backward generator of a diffusion as a Markov chain on a grid.

Exponentially fitted finite volumes (Scharfetter and Gummel): along axis ``k`` the process
jumps from a node to its neighbour at the rate ``s M_k e^{U/M_k} / (w ∫ e^{U/M_k} dz)``, with
the width ``w`` of the node's cell and the integral over the edge between the two. Whatever the
drift all rates are positive, and where ``M`` is isotropic the chain is reversible with respect
to the stationary density ``e^{−U/M}/s``. An edge that enters a target ends at its boundary.
The discretisation error is of second order in the width of a cell.

About an axis of symmetry the radial part is ``s M e^{U/M} r^{2−n} ∂_r (r^{n−2} e^{−U/M} ∂_r)``:
the width gives way to the volume of the cell over the area of the face that is crossed, and
nothing crosses the axis.

References
----------
Gibou, Fedkiw, Cheng and Kang, *A second-order-accurate symmetric discretization of the Poisson
equation on irregular domains*, J. Comput. Phys. 176 (2002) 205, for the shortened edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.cells import cell_depths
from landscape_sim.exact.plane.frame import Array, Frame
from landscape_sim.exact.plane.scan import Mask, Scan
from landscape_sim.landscapes.targets import Target

_GAUSS_NODES, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(4)
_FRACTIONS = 0.5 + 0.5 * _GAUSS_NODES
_WEIGHTS = 0.5 * _GAUSS_WEIGHTS
_BISECTIONS = 50


@dataclass(frozen=True, eq=False)
class Chain:
    """Jump rates between the nodes that a passage may visit, and out of them into the targets.

    Attributes
    ----------
    grid : Scan
        The nodes.
    rates : scipy.sparse.csr_array, shape (n, n)
        Rates from state to state, without diagonal.
    exits : ndarray, shape (n_targets, n)
        Rates into each target.
    start : int
        Number of the state at the start.
    states : ndarray of bool
        Which nodes are states; along a closed axis the last, which is the first again, is none.
    """

    grid: Scan
    rates: Any
    exits: Array
    start: int
    states: Mask

    def on_grid(self, values: Array, in_targets: tuple[float, ...]) -> Array:
        """Return values at the states as a field; NaN where the process never goes."""
        field = np.full(self.states.shape, np.nan)
        field[self.states] = values
        for value, mask in zip(in_targets, self.grid.inside, strict=True):
            field[mask] = value
        return _sealed(field, self.grid.closed)


def build_chain(grid: Scan, states: Mask | None = None) -> Chain:
    """Return the chain on the nodes of ``grid``.

    Parameters
    ----------
    grid : Scan
        The nodes.
    states : ndarray of bool, optional
        Which of them are states; those of the grid unless given. Nothing is absorbed in what
        of the targets is among them.
    """
    from scipy.sparse import csr_array

    own, number = _numbered(grid, grid.states if states is None else states)
    states, n_states = number >= 0, int(np.count_nonzero(own))
    n_axes = len(grid.axes)
    # Down the axes from the first on, up from the last on: in the order of the neighbours' numbers.
    neighbours = np.full((n_states, 2 * n_axes), -1, dtype=np.intc)
    rates = np.zeros((n_states, 2 * n_axes))
    exits = np.zeros((len(grid.targets), n_states))
    for axis in range(n_axes):
        edge = _log_edge_integrals(grid, axis)
        lower, upper = edge_ends(axis, n_axes)
        up, down = _log_mobilities(grid, axis)
        for source, sink, mobility, way in (
            (lower, upper, up, -1 - axis),
            (upper, lower, down, axis),
        ):
            is_edge = states[source] & states[sink]
            here = number[source][is_edge]
            neighbours[here, way] = number[sink][is_edge]
            rates[here, way] = np.exp(mobility[source][is_edge] - edge[is_edge])
            for k, target in enumerate(grid.targets):
                is_cut = states[source] & grid.inside[k][sink] & ~states[sink]
                cut = _log_cut_integrals(grid, axis, target, source, sink, is_cut)
                into = np.exp(mobility[source][is_cut] - cut)
                exits[k, number[source][is_cut]] += into
    is_jump = neighbours >= 0
    rows = np.append(0, np.cumsum(is_jump.sum(axis=1))).astype(np.intc)
    jumps = (rates[is_jump], neighbours[is_jump], rows)
    start = int(number[grid.start])
    matrix = csr_array(jumps, shape=(n_states, n_states))
    matrix.sort_indices()  # across the seam of a closed axis they are not in order
    return Chain(grid, matrix, exits, start, own)


def _numbered(grid: Scan, states: Mask) -> tuple[Mask, NDArray[np.intc]]:
    """Return which nodes are states of their own, and the number of each node's, −1 if none.

    The last node along a closed axis is the first one again.
    """
    own = states.copy()
    for axis in grid.closed:
        np.moveaxis(own, axis, 0)[-1] = False
    number = np.full(states.shape, -1, dtype=np.intc)
    number[own] = np.arange(np.count_nonzero(own))
    return own, _sealed(number, grid.closed)


def _sealed(field: NDArray[Any], closed: tuple[int, ...]) -> NDArray[Any]:
    """Return a field whose last nodes along closed axes have the values of the first ones."""
    sealed = field.copy() if closed else field
    for axis in closed:
        ends = np.moveaxis(sealed, axis, 0)
        ends[-1] = ends[0]
    return sealed


def edge_ends(axis: int, n_axes: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the index of the lower and of the upper ends of all edges along ``axis``."""
    everything = [slice(None)] * n_axes
    lower, upper = everything.copy(), everything.copy()
    lower[axis], upper[axis] = slice(None, -1), slice(1, None)
    return tuple(lower), tuple(upper)


def _log_mobilities(grid: Scan, axis: int) -> tuple[Array, Array]:
    """Return ``log(s M_k e^{U/M_k} / w)`` at the nodes, for steps up and down an axis."""
    strength = grid.frame.strengths[axis]
    with np.errstate(all="ignore"):
        speed = np.log(grid.modulation * strength) + grid.potential / strength
        is_last = axis == len(grid.axes) - 1
        depths = cell_depths(
            grid.axes[axis], grid.frame.power if is_last else 0, closes=axis in grid.closed
        )
        along = [-1 if k == axis else 1 for k in range(len(grid.axes))]
        up, down = (speed - np.log(depth.reshape(along)) for depth in depths)
        return up, down


def _log_edge_integrals(grid: Scan, axis: int) -> Array:
    """Return ``log ∫ e^{U/M_k} dz`` over every edge along ``axis``."""
    lower, upper = edge_ends(axis, len(grid.axes))
    ends = [z[lower] for z in grid.nodes], [z[upper] for z in grid.nodes]
    return _log_integral(grid.frame, axis, *ends)


def _log_integral(frame: Frame, axis: int, source: list[Array], sink: list[Array]) -> Array:
    exponents = [
        frame.potential(*(a + t * (b - a) for a, b in zip(source, sink, strict=True)))
        / frame.strengths[axis]
        for t in _FRACTIONS
    ]
    with np.errstate(all="ignore"):
        largest = np.max(exponents, axis=0)
        largest = np.where(np.isfinite(largest), largest, 0.0)
        pairs = zip(_WEIGHTS, exponents, strict=True)
        integral = sum(weight * np.exp(exponent - largest) for weight, exponent in pairs)
        length = np.abs(sink[axis] - source[axis])
        return np.asarray(np.log(integral * length) + largest)


def _log_cut_integrals(
    grid: Scan,
    axis: int,
    target: Target,
    source: tuple[slice, ...],
    sink: tuple[slice, ...],
    is_cut: NDArray[np.bool_],
) -> Array:
    """Return ``log ∫ e^{U/M_k} dz`` from the source to the boundary of the target."""
    outside = [z[source][is_cut] for z in grid.nodes]
    inside = [z[sink][is_cut] for z in grid.nodes]
    low, high = np.zeros(outside[0].shape), np.ones(outside[0].shape)

    def at(fraction: Array) -> list[Array]:
        return [a + fraction * (b - a) for a, b in zip(outside, inside, strict=True)]

    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        is_outside = grid.frame.distance(target, *at(middle)) > 0
        low, high = np.where(is_outside, middle, low), np.where(is_outside, high, middle)
    return _log_integral(grid.frame, axis, outside, at(high))
