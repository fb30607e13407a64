"""Where one step of a discrete-time chain lands, and how that is spread over a grid.

A law of jumps is a set of weighted atoms: the gradients of all samples of a data set, or the
nodes of a quadrature. The law of a mean of ``B`` independent jumps is a ``B``-fold convolution,
done by Fourier transform on a lattice of its own. Atoms are split over four neighbouring nodes
with the weights of cubic interpolation, which keeps the first four moments: the error is of
fourth order in the spacing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Maps a position to the jumps from there and their probabilities.
JumpLaw = Callable[[float], tuple[Array, Array]]

#: Maps landing positions and the distance between them to places among the nodes of a grid,
#: and to the share of each that has not left.
Places = Callable[[Array, float], tuple[Array, Array]]

#: Lattice cells per standard deviation of the mean of a batch.
_CELLS = 128
#: Half-width of the lattice beyond the largest single jump, in standard deviations.
_NORMAL_REACH = 12.0


def gaussian_law(drift: Callable[[float], float], deviation: Callable[[float], float]) -> JumpLaw:
    """Return normal jumps of this mean and standard deviation, on equidistant nodes.

    For a smooth function the trapezoidal rule converges faster than any power of the spacing.

    Examples
    --------
    >>> jumps, weights = gaussian_law(lambda x: -x, lambda x: 2.0)(1.0)
    >>> [round(float(weights @ value), 9) for value in (jumps, (jumps + 1.0) ** 2)]
    [-1.0, 4.0]
    """
    nodes = np.linspace(-8.0, 8.0, 1001)
    weights = np.exp(-0.5 * nodes**2)
    weights /= weights.sum()

    def law(position: float) -> tuple[Array, Array]:
        return np.asarray(drift(position) + deviation(position) * nodes), weights

    return law


def cubic_weights(fraction: Array) -> tuple[Array, Array, Array, Array]:
    """Return the weights of the nodes −1, 0, 1, 2 for cubic interpolation at ``fraction``."""
    t = fraction
    below, above = t * (t - 1.0), (t + 1.0) * (t - 2.0)
    return (
        -below * (t - 2.0) / 6.0,
        above * (t - 1.0) / 2.0,
        -above * t / 2.0,
        below * (t + 1.0) / 6.0,
    )


def spread(places: Array, weights: Array, n_nodes: int) -> Array:
    """Return the weights of the nodes ``0 … n_nodes − 1`` for atoms at ``places``.

    Near an end the stencil stays inside the grid.
    """
    first = np.clip(np.floor(places).astype(np.intp), 1, n_nodes - 3)
    total = np.zeros(n_nodes + 3)
    for offset, part in enumerate(cubic_weights(places - first)):
        total[offset : offset + n_nodes] += np.bincount(first, weights * part, n_nodes)
    return total[1 : n_nodes + 1]


def mean_of_batch(
    jumps: Array, weights: Array, batch_size: int, most_atoms: int
) -> tuple[Array, Array, float]:
    """Return the law of the mean of ``batch_size`` independent jumps, as weighted atoms.

    Up to ``most_atoms`` atoms of a single jump are returned as they are. Otherwise the new atoms
    are the nodes of a lattice; some weights are negative, but tiny, as for every interpolation
    of higher order. The third value is the distance of the nodes, zero where the atoms are exact.
    """
    mean = float(weights @ jumps)
    deviation = float(np.sqrt(weights @ (jumps - mean) ** 2 / batch_size))
    if deviation == 0.0 or (batch_size == 1 and jumps.size <= most_atoms):
        return jumps, weights, 0.0
    from scipy.fft import irfft, next_fast_len, rfft

    cell = deviation / _CELLS
    places = (jumps - mean) / (batch_size * cell)
    # A single jump may reach farther than the sum of all others.
    half = int(np.ceil(np.abs(places).max() + _NORMAL_REACH * _CELLS)) + 4
    one = spread(places + half, weights, 2 * half + 1)
    if batch_size == 1:
        return np.asarray(mean + cell * (np.arange(one.size) - half)), one, cell
    length = next_fast_len(one.size, real=True)
    padded = np.zeros(length)
    padded[(np.arange(one.size) - half) % length] = one
    law: Array = irfft(rfft(padded) ** batch_size, length)
    offsets = np.arange(length) - length // 2
    return np.asarray(mean + cell * offsets), np.roll(law, length // 2), cell


def coarsened(places: Array, weights: Array, cell: float) -> tuple[Array, Array, float]:
    """Return the same law on a lattice of every other node; exact atoms as they are."""
    if cell == 0.0:
        return places, weights, cell
    n = places.size // 2 + 4
    law = spread((np.arange(places.size) + 2.0) / 2, weights, n)
    return places[0] + 2 * cell * (np.arange(n) - 1.0), law, 2 * cell


def transition_matrices(
    jumps: JumpLaw, nodes: Array, places: Places, batch_size: int, most_atoms: int
) -> tuple[Array, Array]:
    """Return the transition matrices on ``nodes``, and on every other with half the lattice.

    See :func:`mean_of_batch` for ``most_atoms``.
    """
    fine = np.empty((nodes.size, nodes.size))
    coarse = np.empty((nodes.size // 2 + 1,) * 2)
    for i, position in enumerate(nodes):
        landing, weights, cell = mean_of_batch(*jumps(position), batch_size, most_atoms)
        where, share = places(position + landing, cell)
        fine[i] = spread(where, weights * share, nodes.size)
        if i % 2 == 0:
            landing, weights, cell = coarsened(landing, weights, cell)
            where, share = places(position + landing, cell)
            coarse[i // 2] = spread(where / 2, weights * share, nodes.size // 2 + 1)
    return fine, coarse
