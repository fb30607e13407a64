"""The order in which the nodes of a grid are best eliminated.

A layer of nodes that parts a grid in two is eliminated after both parts, and each part likewise:
what elimination fills in then stays within the parts and their layers. Of a grid every other node
of which is gone already, those with an odd sum of indices say, the thinnest layers lie across the
diagonals: its neighbours differ by an even number of steps, along ``(1, 1)`` for instance by none
or two, so that one layer of the planes ``i + j = 2c`` parts it. Across an axis it takes two.

References
----------
George, *Nested dissection of a regular finite element mesh*, SIAM J. Numer. Anal. 10 (1973) 345.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

#: Parts of so many nodes are not parted again.
_SMALLEST_PART = 50


def dissection_order(nodes: Indices) -> Indices:
    """Return the order of elimination of nodes whose indices have sums of one parity.

    Parameters
    ----------
    nodes : ndarray of int, shape (k, n)
        Indices of ``n`` nodes along ``k`` axes.

    Examples
    --------
    Of a long strip the middle comes last.

    >>> i = np.arange(201)
    >>> int(dissection_order(np.stack([i, i % 2]))[-1])
    100
    """
    signs = np.array([(1, *others) for others in product((1, -1), repeat=len(nodes) - 1)])
    parts: list[Indices] = []
    _dissect(signs @ nodes // 2, np.arange(nodes.shape[1]), parts)
    return np.concatenate(parts)


def _dissect(layers: Indices, members: Indices, parts: list[Indices]) -> None:
    """Append the members of a part in order; ``layers`` are theirs across each diagonal."""
    if len(members) > _SMALLEST_PART:
        cost, from_layer = min((_thinnest_layer(row) for row in layers), key=lambda cut: cut[0])
        if np.isfinite(cost):
            for is_side in (from_layer < 0, from_layer > 0):
                side = is_side.nonzero()[0]
                _dissect(layers.take(side, axis=1), members.take(side), parts)
            members = members[from_layer == 0]
    parts.append(members)


def _thinnest_layer(layer: Indices) -> tuple[float, Indices]:
    """Return the fewest nodes in a layer, over the product of both parts, and the way from it."""
    first = layer.min()
    sizes = np.bincount(layer - first)
    up_to = sizes.cumsum()
    if len(sizes) < 3:
        return math.inf, layer
    costs = sizes[1:-1] / (up_to[:-2] * (up_to[-1] - up_to[1:-1]))
    best = costs.argmin()
    return float(costs[best]), layer - (first + best + 1)
