"""From which minimum, over which saddle, into which minimum an escape leads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, losses
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import find_critical_points
from landscape_sim.landscapes.descent import coordinates, descend, same_place
from landscape_sim.landscapes.mountain_pass import climb_to_saddle, spread_evenly
from landscape_sim.landscapes.saddle_pass import (
    MountainPass,
    descents,
    lowest_passes,
    pass_over,
    passes_on_strings,
    wells_between,
)
from landscape_sim.validation import InputError

_PATH_POINTS = 401
#: At which share of the barrier the direction of the path is taken.
_DIRECTION_AT = 0.1


@dataclass(frozen=True, eq=False)
class EscapeRoute:
    """A minimum, the saddle that leads out of it, and the minimum beyond.

    Attributes
    ----------
    minimum, saddle, destination : CriticalPoint
        In the order in which an escape passes them.
    path : ndarray, shape (m, n)
        Points of the steepest-descent path from the minimum over the saddle to the
        destination, the minimum-energy path, evenly spaced in arc length.
    path_losses : ndarray, shape (m,)
        ``L`` there.
    """

    minimum: CriticalPoint
    saddle: CriticalPoint
    destination: CriticalPoint
    path: NDArray[np.float64]
    path_losses: NDArray[np.float64]

    @property
    def outlier_curvature(self) -> float:
        """``h_e*``: the eigenvalue at the minimum whose eigenvector the escape follows there.

        The path's direction is that from the minimum to the point where a tenth of the
        barrier is climbed. Closer by, it would say less: a path of steepest descent
        turns into the softest direction in the limit, whatever direction leads out of
        the well, and where symmetry forbids that, round-off still does it. Eigenvalues
        that are equal to a part in 10⁶ count as one, with all their eigenvectors.
        """
        top = int(np.argmin(np.linalg.norm(self.path - self.saddle.position, axis=1)))
        height = (1.0 - _DIRECTION_AT) * self.minimum.loss + _DIRECTION_AT * self.saddle.loss
        way_up = self.path_losses[: top + 1]
        direction = self.path[max(1, int(np.argmax(way_up >= height)))] - self.path[0]
        overlaps = (self.minimum.eigenvectors.T @ direction) ** 2
        values = self.minimum.eigenvalues
        is_equal = np.abs(values[:, None] - values) <= 1e-6 * np.abs(values)
        return float(values[np.argmax(is_equal @ overlaps)])

    @property
    def loss_ratio(self) -> float:
        """``L^s/L*``."""
        return self.saddle.loss / self.minimum.loss


def find_escape_route(
    landscape: LandscapeLike,
    start: Position | None = None,
    target: Position | None = None,
    saddle: Position | None = None,
) -> EscapeRoute:
    """Return the route out of the well of ``start``, into that of ``target`` if one is given.

    Parameters
    ----------
    landscape : LandscapeLike
        Positive in its search box.
    start, target : tuple of float, optional
        Any positions inside the two wells; they are moved downhill to their
        minima. Without a start, the minimum of smallest first coordinate is
        left; without a target, the lowest saddle decides.
    saddle : tuple of float, optional
        A position near the saddle to take; by default the lowest that joins the two
        wells directly.

    Raises
    ------
    InputError
        If a position lies in no well; if no saddle joins the two wells, or only by way
        of a third, which is then named; if the named saddle joins others; or if the
        loss is not positive somewhere in the search box.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> route = find_escape_route(QuarticDoubleWell(floor=0.25, barrier=1.0), start=(-0.7,))
    >>> round(route.loss_ratio, 9), round(route.outlier_curvature, 6), route.path.shape
    (5.0, 8.0, (401, 1))
    """
    left = None if start is None else descend(landscape, start, "start").minimum
    wanted = None if target is None else descend(landscape, target, "target").minimum
    if left is not None and wanted is not None and same_place(landscape, left, wanted):
        raise InputError(
            f"target {target!r} lies in the same well as the start: no saddle separates them; "
            "choose a target beyond the barrier"
        )
    if saddle is not None:
        found = _over_named_saddle(landscape, left, wanted, saddle)
    else:
        found = _over_lowest_saddle(landscape, left or _first_minimum(landscape, wanted), wanted)
    _require_positive_basin(landscape, found)
    return found


def _over_named_saddle(
    landscape: LandscapeLike,
    left: CriticalPoint | None,
    wanted: CriticalPoint | None,
    position: Position,
) -> EscapeRoute:
    box = SearchBox.of(landscape)
    if len(position) != len(box.width):
        raise InputError(f"saddle {position!r} must have {len(box.width)} coordinates")
    top = climb_to_saddle(landscape, np.array(position, dtype=float))
    if top is None or box.distance(top, position) > 0.1:
        raise InputError(f"there is no saddle of index 1 near {position!r}; name a closer position")
    over = pass_over(landscape, tuple(map(float, top)))
    if over is None:
        raise InputError(
            f"a side of the saddle {coordinates(top)} leads down to no minimum; name another saddle"
        )
    route = _route(landscape, over, left, wanted)
    if route is None:
        asked = [f"from {coordinates(left.position)}"] if left else []
        asked += [f"to {coordinates(wanted.position)}"] if wanted else []
        raise InputError(
            f"{over}, so it does not lead {' '.join(asked) or 'to another minimum'}; "
            "name another saddle or leave it out"
        )
    return route


def _over_lowest_saddle(
    landscape: LandscapeLike, left: CriticalPoint, wanted: CriticalPoint | None
) -> EscapeRoute:
    # The strings are for a well that the search has missed and only a descent has found.
    goals = [wanted] if wanted else _minima(landscape)
    for over in chain(lowest_passes(landscape), passes_on_strings(landscape, left, goals)):
        route = _route(landscape, over, left, wanted)
        if route is not None:
            return route
    raise InputError(
        _no_second_minimum(landscape, left)
        if wanted is None
        else _no_direct_saddle(landscape, left, wanted)
    )


def _route(
    landscape: LandscapeLike,
    over: MountainPass,
    left: CriticalPoint | None,
    wanted: CriticalPoint | None,
) -> EscapeRoute | None:
    """Return the route over this pass, None if it joins other minima."""
    sides = over.oriented(landscape, left, wanted)
    if sides is None:
        return None
    near, far = sides
    path = np.vstack([near.path[::-1], over.saddle.position, far.path])
    points = spread_evenly(path, _PATH_POINTS)
    return EscapeRoute(near.minimum, over.saddle, far.minimum, points, losses(landscape, points))


def _minima(landscape: LandscapeLike) -> list[CriticalPoint]:
    return [point for point in find_critical_points(landscape) if point.index == 0]


def _first_minimum(landscape: LandscapeLike, wanted: CriticalPoint | None) -> CriticalPoint:
    """Return the minimum of smallest first coordinate that is not the target's."""
    for minimum in _minima(landscape):
        if wanted is None or not same_place(landscape, minimum, wanted):
            return minimum
    raise InputError(
        f"{landscape!r} has no {'other ' if wanted else ''}minimum in {landscape.search_box()!r}; "
        "widen the search box or change the landscape"
    )


def _no_second_minimum(landscape: LandscapeLike, left: CriticalPoint) -> str:
    """Return why no saddle leads out of the well of ``left``.

    Raises
    ------
    InputError
        If a saddle leads to where there is no minimum, or a flat one.
    """
    here = coordinates(left.position)
    if len(_minima(landscape)) > 1:
        return (
            f"no saddle found that leads from the minimum {here} to another minimum; if you know "
            "one, name it as saddle="
        )
    for point in find_critical_points(landscape):
        if point.index == 1:
            descents(landscape, point)
    return (
        f"no saddle leads from the minimum {here}: there is no second minimum in "
        f"{landscape.search_box()!r}; widen the search box or change the landscape"
    )


def _no_direct_saddle(landscape: LandscapeLike, left: CriticalPoint, wanted: CriticalPoint) -> str:
    """Return why there is no route between two minima; name the wells between if some are known."""
    here, there = coordinates(left.position), coordinates(wanted.position)
    between = [coordinates(minimum.position) for minimum in wells_between(landscape, left, wanted)]
    if between:
        return (
            f"no saddle joins the minima {here} and {there} directly: the way leads through "
            f"{' and '.join(between)}; take {between[0]} as the target"
        )
    return (
        f"no saddle found that leads from the minimum {here} to the minimum {there}; if you know "
        "one, name it as saddle="
    )


def _require_positive_basin(landscape: LandscapeLike, route: EscapeRoute) -> None:
    if not route.minimum.loss > 0:
        raise InputError(
            f"the loss at the minimum {coordinates(route.minimum.position)} is "
            f"{route.minimum.loss!r}; loss-proportional noise needs it positive, so raise the loss "
            "floor"
        )
    points = np.vstack([route.path, SearchBox.of(landscape).sample()])
    with np.errstate(all="ignore"):
        heights = losses(landscape, points)
    lowest = int(np.argmin(np.where(np.isnan(heights), -np.inf, heights)))
    if not heights[lowest] > 0:
        raise InputError(
            f"the loss is not positive on the basin: it is {heights[lowest]:.4g} at "
            f"{coordinates(points[lowest])}; raise the loss floor or narrow the search box"
        )
