"""The cells around the nodes of a grid: their volumes, and the areas of their faces.

About an axis of symmetry the second coordinate is the distance ``r`` from it, and a cell is a
ring: volumes and areas have the weight ``r^{n−2}``. In the plane the power is zero.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cell_widths(nodes: Array) -> Array:
    """Return the width of every node's cell: half-way to its neighbours, or to the end."""
    return np.diff(_faces(nodes))


def cell_depths(nodes: Array, power: int, *, closes: bool = False) -> tuple[Array, Array]:
    """Return the volume of every node's cell over the area of its upper, and of its lower face.

    Without a weight both are its width. The face on an axis of symmetry has no area. Where the
    nodes close on themselves the last is the first one, and its cell lies at both ends.

    Examples
    --------
    In three dimensions the innermost of two cells is a disc of radius 1/2, of area ``π/4``
    within a circumference of ``π``.

    >>> above, below = cell_depths(np.array([0.0, 1.0]), power=1)
    >>> float(above[0]), float(below[0])
    (0.25, inf)
    """
    if power == 0:
        widths = cell_widths(nodes)
        if closes:
            widths[[0, -1]] = widths[0] + widths[-1]
        return widths, widths
    faces = _faces(nodes)
    inner, outer = faces[:-1], faces[1:]
    ratio = inner / outer
    above = outer * (1.0 - ratio ** (power + 1)) / (power + 1)
    with np.errstate(divide="ignore"):
        return above, above / ratio**power


def cell_volumes(axes: tuple[Array, ...], power: int) -> Array:
    """Return the volume of the cell, or of the ring about an axis, at every node.

    Examples
    --------
    A cylinder of length 1 and radius 2 in three dimensions:

    >>> axes = np.linspace(0.0, 1.0, 5), np.linspace(0.0, 2.0, 9)
    >>> round(float(cell_volumes(axes, power=1).sum() / np.pi), 9)
    4.0
    """
    *along, across = axes
    ball = math.pi ** ((power + 1) / 2) / math.gamma((power + 3) / 2)
    last = ball * np.diff(_faces(across) ** (power + 1)) if power else cell_widths(across)
    return reduce(np.multiply.outer, [*map(cell_widths, along), last])


def _faces(nodes: Array) -> Array:
    return np.concatenate([nodes[:1], 0.5 * (nodes[1:] + nodes[:-1]), nodes[-1:]])
