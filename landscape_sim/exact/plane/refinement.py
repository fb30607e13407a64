"""What the spacing of the grid does to a number, and the number without it.

On three grids, each with half the spacing of the one before, an error of second order falls by
factors of four. Richardson's extrapolation removes it; what it still changes between the
coarser and the finer pair of grids is the estimate of the error that is left, with a sixteenth
of the correction itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from landscape_sim.exact.plane.generator import Chain, build_chain
from landscape_sim.exact.plane.grading import COARSEST
from landscape_sim.exact.plane.scan import Scan
from landscape_sim.validation import InputError

Solution = TypeVar("Solution")

LARGEST_ERROR = 0.01
#: In space grids are coarse: ten cells along an axis for the coarsest of the three.
_LARGEST_ERROR_IN_SPACE = 0.03
#: Between these the order is believed that three grids show.
_ORDERS = 1.0, 4.0
#: So much less than the largest error is aimed at.
_SAFETY = 2.0
#: Advice to use a few cells more would have to be given again.
_LEAST_REFINEMENT = 1.5
#: Along each of one, two or three axes; in the plane that takes a minute and some gigabytes.
_MOST_CELLS = 30_000, 3000, 0
#: Of the correction, in case the pairs agree by chance: the ratio of fourth-order errors.
_SHARE = 1 / 16
#: The share of a density that the margin of the region cuts off, and the rounding.
_FLOOR = 1e-8
#: Beyond e^650 probabilities of absorption come close to the smallest float, 2e-308.
_LARGEST_LOG = 650.0


class CoarseGridError(InputError):
    """A grid whose spacing leaves too large an error."""


def solve_thrice(grid: Scan, solve: Callable[[Chain], Solution]) -> list[Solution]:
    """Return the solutions on a grid, on half and on a quarter of its cells along each axis."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return [solve(build_chain(grid.coarsened(factor))) for factor in (1, 2, COARSEST)]


def extrapolate(grid: Scan, log_values: Iterable[float]) -> tuple[float, float]:
    """Return the logarithm of a positive number at zero spacing, and the number's error.

    Parameters
    ----------
    grid : Scan
        The finest grid.
    log_values : iterable of float
        Logarithms of a time on the three grids, the finest first.

    Raises
    ------
    InputError
        If the number leaves the range of floats, or its relative error exceeds 1 %, or in space
        3 %; or a coarser grid leaves this range, and tells no error.
    """
    full, half, quarter = log_values
    if not abs(full) < _LARGEST_LOG:
        raise InputError(
            "the rate lies below 1e-280, where floats end; raise the temperature or diffusion, or "
            "use the formula"
        )
    if not all(abs(log) < _LARGEST_LOG for log in (half, quarter)):
        n_cells = max(len(z) for z in grid.axes) - 1
        raise CoarseGridError(
            f"{n_cells} cells are too coarse for this noise: on half or a quarter of them there is "
            f"no rate; use n_cells = {40 * math.ceil(n_cells / 20)}"
        )
    better, best = half + (half - quarter) / 3, full + (full - half) / 3
    error = float(np.expm1(abs(best - better) + _SHARE * abs(best - full))) + _FLOOR
    with np.errstate(divide="ignore", invalid="ignore"):
        order = float(np.log2(np.abs(np.divide(half - quarter, full - half))))
    require_fine(grid, error, order)
    return float(best), error


def require_fine(grid: Scan, error: float, order: float = 2.0) -> None:
    """Refuse a grid whose spacing leaves more than 1 % of error, or in space 3 %.

    Parameters
    ----------
    grid : Scan
        The finest grid.
    error : float
        Relative.
    order : float
        With which the error was seen to fall; on coarse grids it is often another than two.
    """
    in_space = len(grid.axes) == 3
    if error <= (_LARGEST_ERROR_IN_SPACE if in_space else LARGEST_ERROR):
        return
    n_cells = max(len(z) for z in grid.axes) - 1
    order = min(max(order, _ORDERS[0]), _ORDERS[1]) if math.isfinite(order) else 2.0
    factor = max((_SAFETY * error / LARGEST_ERROR) ** (1.0 / order), _LEAST_REFINEMENT)
    most = _MOST_CELLS[len(grid.axes) - 1]
    # Beyond the range of floats the error is infinite, or none at all.
    is_within_reach = n_cells * factor <= most
    left = f"an error of {error:.1%}" if math.isfinite(error) else "nothing that floats can hold"
    remedy = (
        f"use n_cells = {min(20 * math.ceil(n_cells * factor / 20), most)}"
        if is_within_reach
        else "a grid that resolves it is too large: use splitting, or more noise"
    )
    raise (InputError if in_space else CoarseGridError)(
        f"{n_cells} cells are too coarse for this barrier, they leave {left}; {remedy}"
    )
