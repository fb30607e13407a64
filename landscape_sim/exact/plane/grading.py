"""Graded axes: fine where the noise is weak, coarse far out.

A step of the process has the length ``sqrt(s)``, so nodes are equispaced in the coordinate
``ψ`` of ``dψ = dz / sqrt(s)``, with ``s`` at its smallest over the other axis. For constant
noise that is an equispaced grid.
"""

from __future__ import annotations

import numpy as np

from landscape_sim.exact.plane.frame import Array, Frame

Axes = tuple[Array, ...]

#: Grids of a half and a quarter of the cells are the nodes ``[::2]`` and ``[::4]``.
COARSEST = 4
_DISTINCT = 1e-9  # of the distance to the target


def landmarks(frame: Frame, axis: int) -> Array:
    """Return where an axis has nodes of its own: at the start and at the destination."""
    end = frame.destination[axis]
    return np.array([0.0, end] if end > _DISTINCT * frame.length else [0.0])


def distinct(frame: Frame, nodes: Array) -> Array:
    """Return the nodes in order, without those that repeat another one but for rounding."""
    nodes = np.sort(nodes)
    is_new = np.append(True, np.diff(nodes) > _DISTINCT * frame.length)
    return np.asarray(nodes[is_new])


def graded_axes(frame: Frame, scan: Axes, box: Array, n_cells: int) -> Axes:
    """Return axes of about ``n_cells`` cells that span ``box``, graded as seen on a scan.

    Parameters
    ----------
    frame : Frame
        Gives ``s``.
    scan : tuple of ndarray
        Where ``s`` is looked at.
    box : ndarray, shape (k, 2)
        Rows ``(low, high)``.
    n_cells : int
        Cells along each axis; every stretch between landmarks has a multiple of four.
    """
    parts = [z[(low <= z) & (z <= high)] for z, (low, high) in zip(scan, box, strict=True)]
    modulation = frame.modulation(*np.meshgrid(*parts, indexing="ij"))
    # Within a target the loss need not be positive.
    modulation = np.where(modulation > 0.0, modulation, np.nan)
    axes = range(len(parts))
    return tuple(
        _graded(frame, k, parts[k], np.nanmin(modulation, axis=_others(k, axes)), n_cells)
        for k in axes
    )


def _others(axis: int, axes: range) -> tuple[int, ...]:
    return tuple(k for k in axes if k != axis)


def _graded(frame: Frame, axis: int, z: Array, modulation: Array, n_cells: int) -> Array:
    from scipy.interpolate import PchipInterpolator

    density = 1.0 / np.sqrt(modulation)
    psi = np.append(0.0, np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(z)))
    # Far out, where s is as good as infinite, ψ stands still.
    increases = np.append(True, np.diff(psi) > 0.0)
    position = PchipInterpolator(psi[increases], z[increases])
    # A closed axis has an even number of cells on the coarsest grid too.
    unit = 2 * COARSEST if frame.closes(axis, z) else COARSEST
    stops = distinct(frame, np.append(landmarks(frame, axis), z[[0, -1]]))
    at = np.interp(stops, z, psi)
    nodes = [stops[:1]]
    for k in range(len(stops) - 1):
        share = (at[k + 1] - at[k]) / psi[-1]
        cells = unit * max(1, round(n_cells * share / unit))
        stretch = position(np.linspace(at[k], at[k + 1], cells + 1))
        nodes.append(np.append(stretch[1:-1], stops[k + 1]))
    return np.concatenate(nodes)
