"""Where the region of a passage ends, and why it must not end there."""

from __future__ import annotations

import numpy as np

from landscape_sim.exact.plane.cliffs import lowest_cliff
from landscape_sim.exact.plane.scan import MARGIN, Mask, Scan, nearest
from landscape_sim.exact.plane.symmetry import require_axial
from landscape_sim.validation import InputError

_EDGE_POINTS = 400


def check_shore(scan: Scan) -> None:
    """Refuse a flood that meets a loss without logarithm or the edge of the domain.

    Raises
    ------
    InputError
        For either, and about an axis of symmetry that is none.
    """
    from scipy.ndimage import binary_dilation

    shore = binary_dilation(scan.flood)
    is_undefined = shore & (scan.potential == -np.inf)
    if is_undefined.any():
        raise InputError(
            "the loss must be positive and finite wherever the path can go, got "
            f"{scan.loss_at(*(z[is_undefined][0] for z in scan.nodes))}; raise the loss floor "
            "or change the landscape"
        )
    _check_cliffs(scan)
    if scan.frame.is_axial:
        require_axial(scan.frame, scan.targets, scan.nodes, scan.flood)
    in_plane = len(scan.axes) == 2 and not scan.frame.is_axial
    if not (in_plane and scan.frame.is_reversible):
        _check_rim(scan, shore)
    elif scan.frame.walls is None and np.isfinite(scan.frame.domain).any():
        _check_domain(scan, shore)


def unconfined(scan: Scan) -> InputError:
    """Return what to say of a flood without shore."""
    corner = (z[-1] for z in scan.axes)
    return InputError(
        f"the loss does not confine the process: as far out as {scan.loss_at(*corner)} it is "
        "not high enough above the saddle; use a loss that grows without bound, or weaker "
        "noise"
    )


def _check_cliffs(scan: Scan) -> None:
    *place, potential = lowest_cliff(scan.frame, scan.nodes, scan.flood)
    if potential <= scan.level + MARGIN * scan.frame.strengths.max():
        raise InputError(
            f"the loss ceases to be finite beyond {scan.loss_at(*place)}, which is not high enough "
            "above the saddle to keep paths back; write the loss so that it does not overflow "
            "there, or use weaker noise"
        )


def _check_domain(scan: Scan, shore: Mask) -> None:
    # Sides may be at infinity, and no path meets what lies beyond the shore.
    seen = [(c[shore].min(), c[shore].max()) for c in scan.frame.position(*scan.nodes)]
    x, y = (
        np.linspace(max(low, first), min(high, last), _EDGE_POINTS)
        for (low, high), (first, last) in zip(scan.frame.domain, seen, strict=True)
    )
    x_sides, y_sides = (pair[np.isfinite(pair)] for pair in scan.frame.domain)
    edge = np.concatenate(
        [scan.frame.coordinates(x, 0 * x + side) for side in y_sides]
        + [scan.frame.coordinates(0 * y + side, y) for side in x_sides],
        axis=1,
    )
    near = tuple(nearest(z, at) for z, at in zip(scan.axes, edge, strict=True))
    potential = np.where(shore[near], scan.frame.potential(*edge), np.inf)
    lowest = int(np.argmin(potential))
    if potential[lowest] <= scan.level + MARGIN * scan.frame.strengths[0]:
        raise _cut_off(scan.loss_at(*edge[:, lowest]))


def _check_rim(scan: Scan, shore: Mask) -> None:
    from scipy.ndimage import binary_dilation

    is_outside = shore & ~scan.frame.in_domain(*scan.nodes)
    is_rim = scan.flood & binary_dilation(is_outside)
    if is_rim.any():
        cost = scan.height if scan.frame.is_reversible else scan.excess
        cheapest = np.argmin(np.where(is_rim, cost, np.inf))
        highest = scan.loss_at(*(z.flat[cheapest] for z in scan.nodes))
        if scan.frame.is_reversible:
            raise _cut_off(highest)
        raise InputError(
            "the domain cuts off ways that matter: the noise, stronger along one axis, lifts "
            f"the process to {highest} at its edge; widen the domain there"
        )


def _cut_off(loss: str) -> InputError:
    return InputError(
        f"the domain cuts the well off: {loss} on its edge is not high enough above the saddle; "
        "widen the domain there, or use weaker noise"
    )
