"""A slow twin of the solver in the plane: central differences on an equispaced grid.

The grid lies along ``x`` and ``y`` whatever the noise, mixed derivatives and all; it knows
neither the eigenvectors of the noise nor exponential fitting, and its target is the half-space
behind its last column.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import eigs, spsolve


def _first(n, h):
    """Return ``d/dx`` with mirrored ghost nodes at both ends."""
    matrix = diags_array([-np.ones(n - 1), np.ones(n - 1)], offsets=[-1, 1]).tolil()
    matrix[0, 1] = matrix[-1, -2] = 0.0
    return csr_array(matrix) / (2 * h)


def _second(n, h):
    """Return ``d²/dx²`` with mirrored ghost nodes at both ends."""
    bands = [np.ones(n - 1), np.full(n, -2.0), np.ones(n - 1)]
    matrix = diags_array(bands, offsets=[-1, 0, 1]).tolil()
    matrix[0, 1] = matrix[-1, -2] = 2.0
    return csr_array(matrix) / h**2


def generator(landscape, noise, box, n):
    """Return ``s M:∇∇ − ∇L·∇`` short of the last column, the nodes, and their spacings."""
    x, y = (np.linspace(low, high, n + 1) for low, high in box)
    h, k = x[1] - x[0], y[1] - y[0]
    nodes = np.meshgrid(x, y, indexing="ij")
    modulation = np.broadcast_to(noise.modulation(landscape, nodes), nodes[0].shape).ravel()
    slope = [np.broadcast_to(g, nodes[0].shape).ravel() for g in landscape.gradient(nodes)]
    matrix = noise.matrix(2)
    identity = eye_array(n + 1)
    dx, dy = kron(_first(n + 1, h), identity), kron(identity, _first(n + 1, k))
    second = (
        matrix[0, 0] * kron(_second(n + 1, h), identity)
        + 2 * matrix[0, 1] * kron(_first(n + 1, h), _first(n + 1, k))
        + matrix[1, 1] * kron(identity, _second(n + 1, k))
    )
    full = (
        diags_array(modulation) @ second - diags_array(slope[0]) @ dx - diags_array(slope[1]) @ dy
    )
    states = np.arange(n * (n + 1))
    return csr_array(full)[states][:, states].tocsc(), nodes


def mean_time(landscape, noise, start, box, n):
    """Return the mean time from a start on the grid to the last column."""
    matrix, (x, y) = generator(landscape, noise, box, n)
    times = spsolve(-matrix, np.ones(matrix.shape[0]))
    return times[np.argmin(np.hypot(x - start[0], y - start[1]).ravel()[: len(times)])]


def exit_rate(landscape, noise, box, n):
    """Return the smallest eigenvalue of the generator killed at the last column."""
    matrix, _ = generator(landscape, noise, box, n)
    return float(eigs(-matrix, k=1, sigma=0.0, return_eigenvectors=False)[0].real)


def extrapolated(function, n):
    """Return ``function(n)`` at zero spacing, and how far the second-order rule can be off."""
    coarse, middle, fine = (function(m) for m in (n // 4, n // 2, n))
    best, better = fine + (fine - middle) / 3, middle + (middle - coarse) / 3
    return best, abs(best - better)
