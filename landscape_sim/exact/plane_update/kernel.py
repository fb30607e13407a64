"""The transition kernel of a chain in the plane as a sparse matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from landscape_sim.exact.plane_update.nodes import Array, Indices, Nodes, on_lattice
from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.targets import Target

#: Maps a position to the jumps from there, shape ``(k, 2)``, and their probabilities.
PlaneJumpLaw = Callable[[Position], tuple[Array, Array]]

#: Entries of the matrix that are put together at a time.
_BLOCK = 300_000
#: Weights of a batch below this are rounding of its Fourier transforms.
_NOTHING = 1e-17
#: Nodes that the law of one jump reaches beyond it.
_REACH = 3


class _Entries(NamedTuple):
    """Part of the matrix: the node of departure counts from the first of a block."""

    rows: Indices
    columns: Indices
    weights: Array


def transition_matrix(jumps: PlaneJumpLaw, nodes: Nodes, target: Target, batch_size: int) -> Any:
    """Return the sparse matrix of one step between nodes; what lands in the target is lost.

    A landing point is split over the nodes around it, those within the target included: the mean
    number of steps goes on there as one step of the kernel says, so that where the target begins
    is not rounded to the grid. Of a batch it is, to the share of the cells around the nodes.
    """
    from scipy.sparse import coo_array, vstack

    positions = nodes.positions()
    size = max(1, _BLOCK // (36 * len(jumps(_position(positions[0]))[1])))
    parts = []
    for start in range(0, nodes.count, size):
        places = positions[start : start + size]
        laws = [jumps(_position(place)) for place in places]
        if batch_size == 1:
            entries = _single_jumps(laws, nodes, target, places)
        else:
            entries = _batches(laws, nodes, target, start, batch_size)
        index = entries.rows, entries.columns
        shape = len(places), nodes.count
        parts.append(coo_array((entries.weights, index), shape=shape).tocsr())
    return vstack(parts, format="csr")


def _position(place: Array) -> Position:
    return tuple(map(float, place))


def _single_jumps(
    laws: list[tuple[Array, Array]], nodes: Nodes, target: Target, places: Array
) -> _Entries:
    """Return the rows of single jumps, whose atoms are exact."""
    from_row = np.repeat(np.arange(len(places)), [len(weights) for _, weights in laws])
    landing = places[from_row] + np.concatenate([jump for jump, _ in laws])
    stays = np.asarray(target.distance(tuple(landing.T))) > 0.0
    weights = np.concatenate([weights for _, weights in laws])[stays]
    columns, shares = nodes.spread(landing[stays])
    rows = np.repeat(from_row[stays], columns.shape[1])
    return _Entries(rows, columns.ravel(), (weights[:, None] * shares).ravel())


def _batches(
    laws: list[tuple[Array, Array]], nodes: Nodes, target: Target, start: int, batch_size: int
) -> _Entries:
    """Return the rows of the mean of so many jumps: powers of Fourier transforms.

    Every jump over the size of the batch is split over the nodes of the grid, so that their sums
    are at nodes too, which stand for the cells around them.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    jumps = [jump / (batch_size * nodes.spacing) for jump, _ in laws]
    farthest = np.max([np.abs(jump).max(axis=0) for jump in jumps], axis=0)
    half = np.ceil(batch_size * (farthest + _REACH)).astype(int)
    shape = tuple(next_fast_len(2 * int(size) + 1, real=True) for size in half)
    one = np.stack([on_lattice(jump, law[1], shape) for jump, law in zip(jumps, laws, strict=True)])
    sums = irfft2(rfft2(one) ** batch_size, shape)
    rows, across, along = np.nonzero(np.abs(sums) > _NOTHING)
    first, second = np.divmod(start + rows, nodes.per_side)
    weights = sums[rows, across, along]
    # The second half of a lattice that is periodic lies before the node of departure.
    across = first + across - np.where(across > shape[0] // 2, shape[0], 0)
    along = second + along - np.where(along > shape[1] // 2, shape[1], 0)
    is_on = (np.minimum(across, along) >= 0) & (np.maximum(across, along) < nodes.per_side)
    columns = across[is_on] * nodes.per_side + along[is_on]
    distance = np.asarray(target.distance(tuple(nodes.positions().T)))
    stays = np.clip(0.5 + distance / np.sqrt(nodes.spacing.prod()), 0.0, 1.0)
    return _Entries(rows[is_on], columns, weights[is_on] * stays[columns])
