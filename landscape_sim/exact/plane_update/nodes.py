"""A grid in the plane, and how a point is spread over its nodes.

A point is split over six by six neighbouring nodes with the weights of quintic interpolation, which
keeps all moments up to the fifth: the error is of sixth order in the spacing. The grid reaches
beyond its box, so that no stencil within the box is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Box = tuple[tuple[float, float], tuple[float, float]]

#: Offsets of the nodes of a stencil from the one below a point.
_STENCIL = np.arange(-2, 4)
#: Cells of the coarsest grid beyond either end of the box.
_BEYOND = 3


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of a rectangular grid.

    Attributes
    ----------
    box : pair of pairs of float
        What the grid covers.
    n_cells : int
        Cells of the coarsest grid along each side of the box.
    refinement : int
        Into how many each is divided.
    """

    box: Box
    n_cells: int
    refinement: int = 1

    @property
    def axes(self) -> tuple[Array, Array]:
        """The coordinates of the nodes."""
        count = (self.n_cells + 2 * _BEYOND) * self.refinement + 1
        beyond = [_BEYOND * (high - low) / self.n_cells for low, high in self.box]
        first, second = (
            np.linspace(low - more, high + more, count)
            for (low, high), more in zip(self.box, beyond, strict=True)
        )
        return first, second

    @property
    def spacing(self) -> Array:
        """The sides of a cell, shape ``(2,)``."""
        sides = [high - low for low, high in self.box]
        return np.array(sides) / (self.n_cells * self.refinement)

    @property
    def per_side(self) -> int:
        """Nodes along each axis."""
        return (self.n_cells + 2 * _BEYOND) * self.refinement + 1

    @property
    def count(self) -> int:
        """Nodes in all."""
        return self.per_side**2

    def positions(self) -> Array:
        """Return all nodes, shape ``(count, 2)``, the second coordinate varying fastest."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, 2)

    def halved(self) -> Nodes:
        """Return the grid with every cell divided into four."""
        return Nodes(self.box, self.n_cells, 2 * self.refinement)

    def spread(self, points: Array) -> tuple[Indices, Array]:
        """Return the nodes over which points are split and their weights, shape ``(m, 36)``."""
        origin = np.array([axis[0] for axis in self.axes])
        places = (points - origin) / self.spacing
        # A point far beyond the grid is in the target, and its weight nothing.
        first = np.clip(np.floor(places).astype(np.intp), 2, self.per_side - 4)
        rows, columns = (first[:, k, None] + _STENCIL for k in (0, 1))
        nodes = rows[:, :, None] * self.per_side + columns[:, None, :]
        shape = len(points), _STENCIL.size**2
        return nodes.reshape(shape), _products(places - first).reshape(shape)

    def interpolation(self, points: Array) -> Any:
        """Return the sparse matrix that takes values at the nodes to values at points."""
        from scipy.sparse import csr_array

        nodes, weights = self.spread(points)
        ends = np.arange(len(points) + 1) * nodes.shape[1]
        shape = len(points), self.count
        return csr_array((weights.ravel(), nodes.ravel(), ends), shape=shape)


def on_lattice(places: Array, weights: Array, shape: tuple[int, int]) -> Array:
    """Return the weights of places on a lattice that is periodic in both directions."""
    below = np.floor(places).astype(np.intp)
    rows, columns = ((below[:, k, None] + _STENCIL) % shape[k] for k in (0, 1))
    nodes = rows[:, :, None] * shape[1] + columns[:, None, :]
    entries = weights[:, None, None] * _products(places - below)
    law = np.bincount(nodes.ravel(), entries.ravel(), shape[0] * shape[1])
    return np.asarray(law.reshape(shape))


def _products(fraction: Array) -> Array:
    """Return the weights of the nodes of a stencil in the plane, shape ``(m, 6, 6)``."""
    across, along = (quintic_weights(part) for part in fraction.T)
    return np.asarray(across[:, :, None] * along[:, None, :])


def quintic_weights(fraction: Array) -> Array:
    """Return the weights of the nodes −2 … 3 at ``fraction``, on a new last axis."""
    weights = np.ones((*fraction.shape, _STENCIL.size))
    for k, node in enumerate(_STENCIL):
        for other in _STENCIL[node != _STENCIL]:
            weights[..., k] *= (fraction - other) / (node - other)
    return weights
