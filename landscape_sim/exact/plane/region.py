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


def find_region(frame: Frame, targets: tuple[Target, ...], n_cells: int) -> Scan:
    """Return the region of a passage on a grid of about ``n_cells`` cells along each axis.

    Raises
    ------
    InputError
        If the region leaves the domain, the loss is not positive and finite in it, or the
        loss does not grow enough to bound it.
    """
    n_cells = require_count("n_cells", n_cells, minimum=_FEWEST_CELLS)
    scan_cells = _SCAN_CELLS[len(frame.destination) - 1]
    for reach in range(2, _LARGEST_REACH + 1):
        steps = frame.length * np.sinh(np.linspace(-reach, reach, scan_cells + 1))
        axes = [
            distinct(frame, frame.up_to_walls(k, np.append(end / 2 + steps, landmarks(frame, k))))
            for k, end in enumerate(frame.destination)
        ]
        if frame.is_axial:
            axes[1] = axes[1][axes[1] >= 0.0]
        scan = Scan(frame, targets, tuple(axes))
        check_shore(scan)
        if not scan.touches_edge():
            break
    else:
        raise unconfined(scan)
    for _ in range(_MOST_ZOOMS):
        box = scan.box()
        scan = Scan(frame, targets, graded_axes(frame, scan.axes, box, scan_cells))
        check_shore(scan)
        if not (np.diff(scan.box()) < 0.9 * np.diff(box)).any():
            break
    return Scan(frame, targets, graded_axes(frame, scan.axes, scan.box(), n_cells), scan)
