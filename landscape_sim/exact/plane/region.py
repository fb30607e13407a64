"""The region of a passage on a grid: a coarse scan that grows and zooms, and the grid itself."""

from __future__ import annotations

import numpy as np

from landscape_sim.exact.plane.frame import Frame
from landscape_sim.exact.plane.grading import distinct, graded_axes, landmarks
from landscape_sim.exact.plane.scan import Scan
from landscape_sim.exact.plane.shore import check_shore, unconfined
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import require_count

#: Of a scan along each of one, two or three axes.
_SCAN_CELLS = 240, 240, 64
_FEWEST_CELLS = 40
_LARGEST_REACH = 24  # the scan ends at sinh(24) = 1.3e10 times the distance to the target
_MOST_ZOOMS = 6
#: Cells beyond the flood of a scan that a closer one takes in. The bounds of actions are loose in
#: long cells, of which a closer scan has more: there a single one never is enough.
_SPARE_CELLS = 1, 8, 64


def find_region(frame: Frame, targets: tuple[Target, ...], n_cells: int) -> Scan:
    """Return the region of a passage on a grid of about ``n_cells`` cells along each axis.

    Raises
    ------
    InputError
        If the region leaves the domain, the loss is not positive and finite in it, or the
        loss does not grow enough to bound it.
    """
    n_cells = require_count("n_cells", n_cells, minimum=_FEWEST_CELLS)
    for reach in range(2, _LARGEST_REACH + 1):
        scan = _wide_scan(frame, targets, reach)
        if scan.touches_edge():
            continue
        # On few nodes a ridge is lower, and a detour dearer, than they are.
        closer = _closer_scan(scan)
        if closer is not None:
            break
    else:
        raise unconfined(scan)
    for _ in range(_MOST_ZOOMS):
        if closer is None:
            break
        shrinks = (np.diff(closer.box()) < 0.9 * np.diff(scan.box())).any()
        scan, closer = closer, _closer_scan(closer) if shrinks else None
    return Scan(frame, targets, graded_axes(frame, scan.axes, scan.box(), n_cells), scan)


def _wide_scan(frame: Frame, targets: tuple[Target, ...], reach: int) -> Scan:
    """Return a scan as far out as ``sinh(reach)`` times the distance to the target."""
    steps = frame.length * np.sinh(np.linspace(-reach, reach, _scan_cells(frame) + 1))
    axes = [
        distinct(frame, frame.up_to_walls(k, np.append(end / 2 + steps, landmarks(frame, k))))
        for k, end in enumerate(frame.destination)
    ]
    if frame.is_axial:
        axes[1] = axes[1][axes[1] >= 0.0]
    scan = Scan(frame, targets, tuple(axes))
    check_shore(scan)
    return scan


def _closer_scan(scan: Scan) -> Scan | None:
    """Return a scan of what another has flooded, if it finds it to end within."""
    frame = scan.frame
    for spare in _SPARE_CELLS[0 if frame.is_reversible else 1 :]:
        axes = graded_axes(frame, scan.axes, scan.box(spare), _scan_cells(frame))
        closer = Scan(frame, scan.targets, axes)
        check_shore(closer)
        if not closer.touches_edge():
            return closer
    return None


def _scan_cells(frame: Frame) -> int:
    return _SCAN_CELLS[len(frame.destination) - 1]
