"""Which places matter where the height alone does not say it: the cost of getting there.

Noise of different strengths along the two axes makes the process irreversible: where the noise
is strong it lifts the process above the saddle, and an escape over there can be the likeliest.
Of ``dz_k = −∂_kU dτ + sqrt(2 M_k) dW_k``, of which the process is a change of time, the density
at a place falls like ``e^{−V}`` with the least action of all ways to it,

``V = min ∫ |φ'| |b| − φ'·b``, in the metric ``dz_k² / 2M_k``, for the drift ``b_k = −∂_kU``,

found by Dijkstra's algorithm on the nodes of a scan. A way that keeps to the steps of a
stencil is longer than the way that it follows by up to ``1/cos(α/2)``, with ``α`` the largest
angle between two neighbouring steps. Divided by that, and not below zero, the cost of a step is
a lower bound; and no place with ``U`` is reached below ``(U − U*) / max M_k``.

References
----------
Heymann and Vanden-Eijnden, *The geometric minimum action method*, Comm. Pure Appl. Math. 61
(2008) 1052, for the geometric form of the action of Freidlin and Wentzell.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.grading import Axes

_STEPS = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if gcd(i, j) == 1]
#: The slopes of the sixteen steps in a quarter turn, on square cells.
_SLOPES = np.array([0.0, 0.5, 1.0, 2.0, np.inf])
_WELL_WIDTH = 9  # nodes; of several minima so close together one is enough
_MOST_WELLS = 16


def excess_actions(
    axes: Axes,
    strengths: Array,
    potential: Array,
    start: tuple[int, ...],
    is_target: NDArray[np.bool_],
    largest: float,
    walls: Sequence[tuple[bool, bool]],
) -> Array:
    """Return by how much a visit of each node costs more than the way to the target.

    Parameters
    ----------
    axes : pair of ndarray
        Nodes.
    strengths : ndarray, shape (2,)
        ``M_k``.
    potential : ndarray, shape (n0, n1)
        ``U``; not finite where no way leads.
    start : tuple of int
        Indices of a node.
    is_target : ndarray of bool
        Nodes where all ways end.
    largest : float
        What costs more is left out.
    walls : sequence of pair of bool
        Whether the process is reflected at the first and the last node along each axis.

    Returns
    -------
    ndarray, shape (n0, n1)
        The least of ``V − V(target)`` from any of the wells that a passage visits, from below;
        infinite beyond ``largest``. Before it arrives a passage comes to a node with a
        probability of the order of ``e^{−excess}``.
    """
    from scipy.sparse.csgraph import dijkstra

    upper, lower = _step_costs(axes, strengths, potential, is_target, walls)
    to_target = dijkstra(upper.T, indices=np.flatnonzero(is_target), min_only=True)
    minima = _minima(np.where(is_target, np.inf, potential))
    heights = potential.ravel()
    excess = np.full(heights.shape, np.inf)
    wells = [int(np.ravel_multi_index(start, potential.shape))]
    for well in wells:
        costs = dijkstra(lower, indices=well, limit=to_target[well] + largest)
        costs = np.maximum(costs, (heights - heights[well]) / strengths.max())
        excess = np.fmin(excess, costs - to_target[well])
        visited = (k for k in minima if excess[k] <= largest and k not in wells)
        wells.extend(list(visited)[: _MOST_WELLS - len(wells)])
    return np.where(excess <= largest, excess, np.inf).reshape(potential.shape)


def _step_costs(
    axes: Axes,
    strengths: Array,
    potential: Array,
    is_target: NDArray[np.bool_],
    walls: Sequence[tuple[bool, bool]],
) -> tuple[Any, Any]:
    """Return the actions of all steps between nodes, and lower bounds, as sparse matrices."""
    from scipy.sparse import csr_array

    scaled = [z / np.sqrt(2.0 * m) for z, m in zip(axes, strengths, strict=True)]
    slopes = np.stack(
        [
            _held_at_walls(_slope(potential, z, axis), axis, walls[axis])
            for axis, z in enumerate(scaled)
        ]
    ) / (2.0 * strengths[:, None, None])
    steepness, shortening = np.hypot(*slopes), _shortening(scaled)
    number = np.arange(potential.size).reshape(potential.shape)
    is_open = np.isfinite(potential)
    entries: list[tuple[NDArray[Any], ...]] = []
    for step in _STEPS:
        source, sink = _ends(step)
        is_edge = is_open[source] & ~is_target[source] & is_open[sink]
        apart = np.meshgrid(
            *(z[b] - z[a] for z, a, b in zip(scaled, source, sink, strict=True)), indexing="ij"
        )
        climb = sum(d * (s[source] + s[sink]) / 2 for d, s in zip(apart, slopes, strict=True))
        length = np.hypot(*apart) * (steepness[source] + steepness[sink]) / 2
        least = np.minimum(shortening[source], shortening[sink]) * length + climb
        parts = (number[source], number[sink], length + climb, least)
        entries.append(tuple(part[is_edge] for part in parts))
    rows, columns, costs, least = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    shape = (potential.size,) * 2
    return (
        csr_array((np.maximum(costs, 0.0), (rows, columns)), shape),
        csr_array((np.maximum(least, 0.0), (rows, columns)), shape),
    )


def _slope(potential: Array, z: Array, axis: int) -> Array:
    """Return ``∂U/∂z`` at the nodes, one-sided next to those without a finite ``U``."""
    widths = np.expand_dims(np.diff(z), 1 - axis)
    with np.errstate(invalid="ignore"):
        steps = np.diff(potential, axis=axis) / widths
    end = np.full_like(np.take(potential, [0], axis=axis), np.nan)
    sides = np.stack([np.concatenate(p, axis=axis) for p in ((end, steps), (steps, end))])
    is_known = np.isfinite(sides)
    return np.asarray(np.where(is_known, sides, 0.0).sum(axis=0) / np.maximum(is_known.sum(0), 1))


def _held_at_walls(slope: Array, axis: int, walls: tuple[bool, bool]) -> Array:
    """Return the slope without what drives the process against a wall, which costs nothing."""
    along = np.moveaxis(slope, axis, 0)
    if walls[0]:
        along[0] = np.minimum(along[0], 0.0)
    if walls[1]:
        along[-1] = np.maximum(along[-1], 0.0)
    return slope


def _shortening(scaled: list[Array]) -> Array:
    """Return ``cos(α/2)`` of the stencil at every node."""
    first, second = (np.gradient(z) for z in scaled)
    directions = np.arctan(_SLOPES[:, None, None] * (second / first[:, None]))
    return np.asarray(np.cos(np.diff(directions, axis=0).max(axis=0) / 2))


def _ends(step: tuple[int, int]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the indices of the nodes that have a neighbour one step on, and of these."""
    source = tuple(slice(max(-s, 0), -s if s > 0 else None) for s in step)
    sink = tuple(slice(max(s, 0), s if s < 0 else None) for s in step)
    return source, sink


def _minima(potential: Array) -> list[int]:
    """Return the numbers of the nodes at local minima, the deepest first."""
    from scipy.ndimage import minimum_filter

    is_lowest = np.isfinite(potential) & (potential == minimum_filter(potential, _WELL_WIDTH))
    found = np.flatnonzero(is_lowest)
    return [int(k) for k in found[np.argsort(potential.ravel()[found])]]
