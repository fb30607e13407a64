r"""The action of a diffusion on a grid, by an ordered line integral method: the compiled part.

As in Dijkstra's algorithm, the node of least value among those considered is accepted, and changes
the values of those around it: along straight lines from accepted nodes, and from the sides between
two of them, by the midpoint rule for ``∫ |φ'|_A |b|_A − φ'ᵀ A b`` with ``A = a⁻¹``. As the way
uphill may come from far off, lines are longer than a cell, by up to a radius of many.

References
----------
Dahiya and Cameron, *Ordered line integral methods for computing the quasi-potential*, J. Sci.
Comput. 75 (2018) 1351.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
from numba import njit

from landscape_sim.jit import JIT_FLAGS

#: Golden sections, after which the place on a side is known to a three-hundredth of it.
_SECTIONS = 12
_GOLDEN = 0.6180339887498949
_UNKNOWN, _CONSIDERED, _ACCEPTED = 0, 1, 2


def fill(fields: Any, spacing: Any, values: Any, radius: int) -> None:
    """Fill in the quasi-potential, until the edge of the grid is reached.

    Parameters
    ----------
    fields : ndarray, shape (m, k, 5)
        ``b_1, b_2, A_11, A_12, A_22`` at the nodes.
    spacing : ndarray, shape (2,)
        Of the nodes.
    values : ndarray, shape (m, k)
        Known around the minimum, infinite elsewhere; the answer is written here.
    radius : int
        Longest line, in cells.
    """
    m, k = values.shape
    state = np.where(values < np.inf, _CONSIDERED, _UNKNOWN)
    heap = [(values[i, j], i, j) for i in range(m) for j in range(k) if values[i, j] < np.inf]
    heapq.heapify(heap)
    while len(heap) > 0:
        _, i, j = heapq.heappop(heap)
        if state[i, j] == _ACCEPTED:
            continue
        state[i, j] = _ACCEPTED
        if i == 0 or j == 0 or i == m - 1 or j == k - 1:
            break
        for p in range(max(0, i - radius), min(m, i + radius + 1)):
            for q in range(max(0, j - radius), min(k, j + radius + 1)):
                if state[p, q] == _CONSIDERED and (p - i) ** 2 + (q - j) ** 2 <= radius**2:
                    found = _from_node(fields, spacing, values, state, i, j, p, q)
                    if found < values[p, q]:
                        values[p, q] = found
                        heapq.heappush(heap, (found, p, q))
        for p in range(i - 1, i + 2):
            for q in range(j - 1, j + 2):
                if state[p, q] == _UNKNOWN:
                    state[p, q] = _CONSIDERED
                    values[p, q] = _from_front(fields, spacing, values, state, p, q, radius)
                    heapq.heappush(heap, (values[p, q], p, q))
    for i in range(m):
        for j in range(k):
            if state[i, j] != _ACCEPTED:
                values[i, j] = np.inf


@njit(**JIT_FLAGS)
def _from_front(
    fields: Any, spacing: Any, values: Any, state: Any, p: int, q: int, radius: int
) -> float:
    """Return the least value from accepted nodes with neighbours that are not."""
    m, k = values.shape
    best = np.inf
    for i in range(max(0, p - radius), min(m, p + radius + 1)):
        for j in range(max(0, q - radius), min(k, q + radius + 1)):
            if state[i, j] != _ACCEPTED or (p - i) ** 2 + (q - j) ** 2 > radius**2:
                continue
            is_front = False
            for r in range(max(0, i - 1), min(m, i + 2)):
                for s in range(max(0, j - 1), min(k, j + 2)):
                    is_front = is_front or state[r, s] != _ACCEPTED
            if is_front:
                best = min(best, _from_node(fields, spacing, values, state, i, j, p, q))
    return best


# Wide: compiled code takes arrays and numbers
@njit(**JIT_FLAGS)
def _from_node(
    fields: Any, spacing: Any, values: Any, state: Any, i: int, j: int, p: int, q: int
) -> float:
    """Return the least value from a node, and from the sides between it and its neighbours."""
    m, k = values.shape
    best = values[i, j] + _cost(fields, spacing, float(i), float(j), p, q)
    for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        r, s = i + di, j + dj
        if r < 0 or s < 0 or r >= m or s >= k or state[r, s] != _ACCEPTED:
            continue
        rise = values[r, s] - values[i, j]
        low, high = 0.0, 1.0
        left, right = 1.0 - _GOLDEN, _GOLDEN
        at_left = left * rise + _cost(fields, spacing, i + left * di, j + left * dj, p, q)
        at_right = right * rise + _cost(fields, spacing, i + right * di, j + right * dj, p, q)
        for _ in range(_SECTIONS):
            if at_left < at_right:
                high, right, at_right = right, left, at_left
                left = high - _GOLDEN * (high - low)
                at_left = left * rise + _cost(fields, spacing, i + left * di, j + left * dj, p, q)
            else:
                low, left, at_left = left, right, at_right
                right = low + _GOLDEN * (high - low)
                at_right = right * rise + _cost(
                    fields, spacing, i + right * di, j + right * dj, p, q
                )
        best = min(best, values[i, j] + min(at_left, at_right))
    return best


@njit(**JIT_FLAGS)
def _cost(fields: Any, spacing: Any, i: float, j: float, p: int, q: int) -> float:
    """Return the action along a straight line, by the midpoint rule."""
    x, y = 0.5 * (i + p), 0.5 * (j + q)
    m, k, _ = fields.shape
    r, s = min(int(x), m - 2), min(int(y), k - 2)
    u, v = x - r, y - s
    here = (
        (1.0 - u) * (1.0 - v) * fields[r, s]
        + u * (1.0 - v) * fields[r + 1, s]
        + (1.0 - u) * v * fields[r, s + 1]
        + u * v * fields[r + 1, s + 1]
    )
    b1, b2, a11, a12, a22 = here[0], here[1], here[2], here[3], here[4]
    d1, d2 = (p - i) * spacing[0], (q - j) * spacing[1]
    length = d1 * d1 * a11 + 2.0 * d1 * d2 * a12 + d2 * d2 * a22
    speed = b1 * b1 * a11 + 2.0 * b1 * b2 * a12 + b2 * b2 * a22
    along = d1 * b1 * a11 + (d1 * b2 + d2 * b1) * a12 + d2 * b2 * a22
    return np.sqrt(length * speed) - along
