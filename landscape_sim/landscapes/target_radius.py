"""How large a ball around a minimum stands for its well: a length of the landscape."""

from __future__ import annotations

import math

from landscape_sim.landscapes.box import SearchBox
from landscape_sim.landscapes.contract import CriticalPoint, LandscapeLike, Position
from landscape_sim.landscapes.critical_points import known_critical_points
from landscape_sim.landscapes.descent import coordinates
from landscape_sim.landscapes.saddle_pass import passes_out_of
from landscape_sim.validation import InputError, require_positive

#: Of the distance to the nearest saddle. Within this, whoever has come to the well stays there.
_SHARE = 0.25


def well_radius(landscape: LandscapeLike, minimum: CriticalPoint, beyond: CriticalPoint) -> float:
    """Return the radius of a ball that lies well inside the well of ``minimum``.

    It is a quarter of the distance to the nearest known saddle, to two digits; where none is
    known, of half the distance to ``beyond``, a minimum of another well.

    Examples
    --------
    >>> from landscape_sim.landscapes import SeparableDoubleWell, find_escape_route
    >>> well = SeparableDoubleWell(floor=0.25, barrier=1.0, stiffness=(2.0,))
    >>> route = find_escape_route(well)
    >>> well_radius(well, route.destination, route.minimum)
    0.25
    """
    nearest = _nearest_saddle(landscape, minimum, beyond)
    reach = (
        0.5 * _distance(landscape, minimum.position, beyond.position)
        if nearest is None
        else _distance(landscape, minimum.position, nearest)
    )
    return float(f"{_SHARE * reach:.2g}")


def require_radius_within_well(
    landscape: LandscapeLike, minimum: CriticalPoint, beyond: CriticalPoint, radius: float
) -> float:
    """Return a radius of a ball around ``minimum``, or refuse it if a saddle lies within.

    Raises
    ------
    InputError
        If it is no positive number, or the ball reaches a saddle or the other minimum.
    """
    radius = require_positive("target_radius", radius)
    if _distance(landscape, minimum.position, beyond.position) <= radius:
        raise InputError(
            f"the start {beyond.position!r} lies within target_radius = {radius:g} of the target; "
            f"lower it to {well_radius(landscape, minimum, beyond):g} or so"
        )
    nearest = _nearest_saddle(landscape, minimum, beyond)
    if nearest is not None and _distance(landscape, minimum.position, nearest) <= radius:
        raise InputError(
            f"target_radius = {radius:g} reaches from {coordinates(minimum.position)} to the "
            f"saddle {coordinates(nearest)} and so out of the well; lower it to "
            f"{well_radius(landscape, minimum, beyond):g} or so"
        )
    return radius


def _nearest_saddle(
    landscape: LandscapeLike, minimum: CriticalPoint, beyond: CriticalPoint
) -> Position | None:
    passes = passes_out_of(landscape, beyond, [minimum])
    saddles = [over.saddle.position for over in passes]
    saddles += [point.position for point in known_critical_points(landscape) if point.index > 0]
    here = minimum.position
    return min(saddles, key=lambda saddle: _distance(landscape, here, saddle), default=None)


def _distance(landscape: LandscapeLike, one: Position, other: Position) -> float:
    """Return the distance of two positions, the short way round along closed axes."""
    return math.dist(one, SearchBox.of(landscape).image(other, near=one))
