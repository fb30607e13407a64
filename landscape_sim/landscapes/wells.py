"""The wells that an escape is between: which there are, and what is demanded of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, losses, quiet
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike
from landscape_sim.landscapes.critical_points import digits, find_critical_points
from landscape_sim.landscapes.descent import coordinates, same_place
from landscape_sim.validation import InputError


def minima(landscape: LandscapeLike) -> list[CriticalPoint]:
    """Return the minima that a search finds, those that are flat left out."""
    return [point for point in find_critical_points(landscape) if point.index == 0]


def first_minimum(landscape: LandscapeLike, wanted: CriticalPoint | None) -> CriticalPoint:
    """Return the minimum of smallest first coordinate that is not the target's.

    Raises
    ------
    InputError
        If there is none.
    """
    for minimum in minima(landscape):
        if wanted is None or not same_place(landscape, minimum, wanted):
            return minimum
    raise InputError(
        f"{landscape!r} has no {'other ' if wanted else ''}minimum in {landscape.search_box()!r}; "
        "widen the search box or change the landscape"
    )


def require_two_wells(landscape: LandscapeLike, left: CriticalPoint, wanted: CriticalPoint) -> None:
    """Refuse a target in the well of the start.

    Raises
    ------
    InputError
        If both minima are one.
    """
    if same_place(landscape, left, wanted):
        if left.position != wanted.position:
            raise InputError(
                f"the minima of start and target, {digits(left.position)} and "
                f"{digits(wanted.position)}, are so close, for the search box "
                f"{landscape.search_box()!r}, that they count as one; narrow the box (the domain "
                "of a formula) to the wells"
            )
        raise InputError(
            f"target {coordinates(wanted.position)} lies in the same well as the start: no saddle "
            "separates them; choose a target beyond the barrier"
        )


def require_positive_loss(
    landscape: LandscapeLike, minimum: CriticalPoint, path: NDArray[np.float64]
) -> None:
    """Refuse a loss that is not positive at a minimum, on a path or on a sample of the box.

    Raises
    ------
    InputError
        If there is one.
    """
    if not minimum.loss > 0:
        raise InputError(
            f"the loss at the minimum {coordinates(minimum.position)} is "
            f"{minimum.loss!r}; loss-proportional noise needs it positive, so raise the loss "
            "floor"
        )
    points = np.vstack([path, SearchBox.of(landscape).sample()])
    with quiet():
        heights = losses(landscape, points)
    lowest = int(np.argmin(np.where(np.isnan(heights), -np.inf, heights)))
    if not heights[lowest] > 0:
        raise InputError(
            f"the loss is not positive on the basin: it is {heights[lowest]:.4g} at "
            f"{coordinates(points[lowest])}; raise the loss floor or narrow the search box"
        )
