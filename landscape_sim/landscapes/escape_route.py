"""From which minimum, over which saddle, into which minimum an escape leads."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.box import SearchBox, losses
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import find_critical_points, identity
from landscape_sim.landscapes.descent import coordinates, descend
from landscape_sim.landscapes.domain import read_position
from landscape_sim.landscapes.mountain_pass import climb_to_saddle
from landscape_sim.landscapes.polygon import spread_evenly
from landscape_sim.landscapes.saddle_pass import (
    MountainPass,
    descents,
    pass_over,
    passes_on_fine_strings,
    passes_out_of,
    wells_between,
)
from landscape_sim.landscapes.wells import (
    first_minimum,
    minima,
    require_positive_loss,
    require_two_wells,
)
from landscape_sim.validation import InputError

_PATH_POINTS = 401


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
        """``h_e*``: the eigenvalue at the minimum along whose eigenvector the escape climbs.

        That is the direction ``e`` with the largest work ``∫ (e·∇L)(e·dx)`` on the path from
        the minimum to half the barrier. Closer by, the path would say less: one of steepest
        descent turns into the softest direction in the limit, whatever direction leads out of
        the well. Eigenvalues that are equal to a part in 10⁶ count as one, with all their
        eigenvectors.
        """
        height = 0.5 * (self.minimum.loss + self.saddle.loss)
        halfway = max(1, int(np.argmax(self.path_losses >= height)))
        way = np.diff(self.path[: halfway + 1], axis=0) @ self.minimum.eigenvectors
        # On this path the gradient is parallel to the way.
        shares = way**2 / np.sum(way**2, axis=1, keepdims=True)
        work = np.diff(self.path_losses[: halfway + 1]) @ shares
        values = self.minimum.eigenvalues
        is_equal = np.abs(values[:, None] - values) <= 1e-6 * np.abs(values)
        return float(values[np.argmax(is_equal @ work)])

    @property
    def top(self) -> int:
        """Number of the point of the path that is nearest to the saddle."""
        return int(np.argmin(np.linalg.norm(self.path - self.saddle.position, axis=1)))

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
    """Return the first of :func:`find_escape_routes`, that over the lowest pass.

    Examples
    --------
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> route = find_escape_route(QuarticDoubleWell(floor=0.25, barrier=1.0), start=(-0.7,))
    >>> round(route.loss_ratio, 9), round(route.outlier_curvature, 6), route.path.shape
    (5.0, 8.0, (401, 1))
    """
    return find_escape_routes(landscape, start, target, saddle)[0]


def find_escape_routes(
    landscape: LandscapeLike,
    start: Position | None = None,
    target: Position | None = None,
    saddle: Position | None = None,
) -> tuple[EscapeRoute, ...]:
    """Return the routes out of the well of ``start``, into that of ``target`` if one is given.

    The lowest comes first, and beside it stand those over all other passes that are found
    between the two wells. The search is not exhaustive: passes are looked for on samples of
    the search box, and by strings that are bent to several sides of the straight line.

    Parameters
    ----------
    landscape : LandscapeLike
        Positive in its search box.
    start, target : tuple of float, optional
        Any positions inside the two wells; they are moved downhill to their
        minima. Without a start, the minimum of smallest first coordinate is
        left; without a target, the lowest saddle decides.
    saddle : tuple of float, optional
        A position near the saddle to take, and no other; by default all that join the two
        wells directly.

    Raises
    ------
    InputError
        If a position lies in no well; if no saddle joins the two wells, or only by way
        of a third, which is then named; if the named saddle joins others; or if the
        loss is not positive somewhere in the search box.

    Examples
    --------
    Two passes of one height lead around a hill:

    >>> from landscape_sim import Landscape
    >>> ring = Landscape.from_expression("0.2 + 0.4*(x**2 + y**2 - 1)**2 + 0.15*y**2", "x, y")
    >>> [round(route.saddle.position[1], 2) for route in find_escape_routes(ring)]
    [-0.9, 0.9]
    """
    places = (
        None if position is None else read_position(name, position)
        for name, position in (("start", start), ("target", target), ("saddle", saddle))
    )
    return _found_routes(cast(Hashable, landscape), identity(landscape), *places)


@lru_cache(maxsize=256)
def _found_routes(
    landscape: Any,
    key: Any,
    start: Position | None,
    target: Position | None,
    saddle: Position | None,
) -> tuple[EscapeRoute, ...]:
    left = None if start is None else descend(landscape, start, "start").minimum
    wanted = None if target is None else descend(landscape, target, "target").minimum
    if left is not None and wanted is not None:
        require_two_wells(landscape, left, wanted)
    found: tuple[EscapeRoute, ...]
    if saddle is not None:
        found = (_over_named_saddle(landscape, left, wanted, saddle),)
    else:
        left = left or first_minimum(landscape, wanted)
        found = _over_lowest_saddles(landscape, left, wanted)
    for route in found:
        require_positive_loss(landscape, route.minimum, route.path)
    return found


def find_way_out(
    landscape: LandscapeLike, minimum: CriticalPoint, goal: CriticalPoint
) -> EscapeRoute | None:
    """Return the route over the lowest known pass out of a well, wherever it leads.

    Passes on strings to ``goal`` are known, too. None if no pass out is known.
    """
    for over in passes_out_of(landscape, minimum, [goal]):
        route = _route(landscape, over, minimum, None)
        if route is not None:
            return route
    return None


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


def _over_lowest_saddles(
    landscape: LandscapeLike, left: CriticalPoint, wanted: CriticalPoint | None
) -> tuple[EscapeRoute, ...]:
    goals = [wanted] if wanted else minima(landscape)
    # Fine strings are for a well that the search has missed and only a descent has found.
    for passes in (
        passes_out_of(landscape, left, goals),
        passes_on_fine_strings(landscape, left, goals),
    ):
        found: list[EscapeRoute] = []
        for over in passes:
            goal = found[0].destination if found else wanted
            route = _route(landscape, over, left, goal)
            if route is not None:
                found.append(route)
        if found:
            return tuple(found)
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
    (near, far), saddle = sides, over.saddle
    points = spread_evenly(np.vstack([near.path[::-1], saddle.position, far.path]), _PATH_POINTS)
    if any(SearchBox.of(landscape).periods):  # it may lead out of an image of the minimum
        turns = np.array(near.minimum.position) - near.path[-1]
        points = points + turns
        saddle = replace(saddle, position=tuple(map(float, saddle.position + turns)))
    return EscapeRoute(near.minimum, saddle, far.minimum, points, losses(landscape, points))


def _no_second_minimum(landscape: LandscapeLike, left: CriticalPoint) -> str:
    """Return why no saddle leads out of the well of ``left``.

    Raises
    ------
    InputError
        If a saddle leads to where there is no minimum, or a flat one.
    """
    here = coordinates(left.position)
    if len(minima(landscape)) > 1:
        return (
            f"no saddle found that leads from the minimum {here} to another minimum; narrow "
            "the domain to where they are, or name a position near it as the saddle"
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
            f"{' and '.join(between)}; use exact, simulate or splitting, or take {between[0]} as "
            "the target"
        )
    return (
        f"no saddle found that leads from the minimum {here} to the minimum {there}; narrow "
        "the domain to where they are, or name a position near it as the saddle"
    )
