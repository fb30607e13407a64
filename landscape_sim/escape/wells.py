"""The two wells of an escape, found before anything else is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes import (
    CriticalPoint,
    Domain,
    HalfSpace,
    LandscapeLike,
    OutlierSection,
    Position,
    Target,
    Walls,
    arc_short_of,
    descend,
    escape_target,
    find_escape_route,
    first_minimum,
    on_closed_axes,
    read_position,
    require_positive_loss,
    require_radius_within_well,
    require_two_wells,
    well_radius,
)
from landscape_sim.vectors import displace, transform


@dataclass(frozen=True, eq=False)
class Wells:
    """A landscape, the minimum that is left, and that of the well to reach.

    Attributes
    ----------
    landscape : LandscapeLike
        Positive on its search box.
    minimum, destination : CriticalPoint
        Minima, which may be flat to second order; further wells may lie between them.
    saddle : tuple of float or None
        A position near the pass to take, where one was named.
    """

    landscape: LandscapeLike
    minimum: CriticalPoint
    destination: CriticalPoint
    saddle: Position | None

    @classmethod
    def find(
        cls,
        landscape: LandscapeLike,
        start: Position | None,
        target: Position | None,
        saddle: Position | None,
    ) -> Wells:
        """Return the wells of a start and a target; what is not given is found by the lowest pass.

        Raises
        ------
        InputError
            If a position lies in no well, both lie in one, no pass leads to another well where
            one has to be found, or the loss is not positive.
        """
        start, target, saddle = (
            None if position is None else read_position(name, position)
            for name, position in (("start", start), ("target", target), ("saddle", saddle))
        )
        if target is None or saddle is not None:
            route = find_escape_route(landscape, start, target, saddle)
            return cls(landscape, route.minimum, route.destination, saddle)
        destination = descend(landscape, target, "target", may_be_flat=True).minimum
        if start is None:
            minimum = first_minimum(landscape, destination)
        else:
            minimum = descend(landscape, start, "start", may_be_flat=True).minimum
        require_two_wells(landscape, minimum, destination)
        ends = np.array([minimum.position, destination.position])
        require_positive_loss(landscape, minimum, ends)
        return cls(landscape, minimum, destination, saddle)

    def within(self, section: OutlierSection) -> Wells:
        """Return the wells on a section through the minimum.

        Raises
        ------
        InputError
            If there is no other well on the section.
        """
        target, saddle = (
            None
            if position is None
            else transform(section.axes, displace(position, -1.0, self.minimum.position))
            for position in (self.destination.position, self.saddle)
        )
        return Wells.find(section, (0.0,) * len(section.axes), target, saddle)

    def target(self, radius: float | None, domain: Domain | None = None) -> Target:
        """Return where a passage ends: a ball of this radius, or one that the well can hold.

        In one dimension it ends at the minimum itself. On closed axes of the domain it has images.

        Raises
        ------
        InputError
            If the ball reaches a saddle or the start.
        """
        start, destination = self.minimum.position, self.destination.position
        if len(start) == 1 and isinstance(domain, Walls) and domain.closes:
            return arc_short_of(destination[0], start[0], domain[0][1] - domain[0][0])
        if len(start) == 1 and radius is None:
            return HalfSpace.beyond(destination, seen_from=start)
        if radius is None:
            radius = well_radius(self.landscape, self.destination, self.minimum)
        elif len(start) > 1:
            radius = require_radius_within_well(
                self.landscape, self.destination, self.minimum, radius
            )
        return on_closed_axes(escape_target(destination, start, radius), start, domain)
