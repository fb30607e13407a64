"""What is escaped from: loss, derivatives, critical points, routes and targets."""

from landscape_sim.landscapes.bowl import QuadraticBowl
from landscape_sim.landscapes.contract import (
    CriticalPoint,
    LandscapeLike,
    Position,
    require_landscape,
)
from landscape_sim.landscapes.critical_points import find_critical_points
from landscape_sim.landscapes.derivatives import check_derivatives
from landscape_sim.landscapes.descent import coordinates, descend, same_place
from landscape_sim.landscapes.domain import (
    Domain,
    Periodic,
    Walls,
    read_domain,
    read_position,
    require_no_noise_across,
    require_within,
)
from landscape_sim.landscapes.escape_direction import EscapeDirection, escape_direction
from landscape_sim.landscapes.escape_route import (
    EscapeRoute,
    find_escape_route,
    find_escape_routes,
)
from landscape_sim.landscapes.formula import Landscape
from landscape_sim.landscapes.images import (
    Images,
    arc_short_of,
    channels,
    on_closed_axes,
    one_turn,
    ways_into,
)
from landscape_sim.landscapes.quartic import QuarticDoubleWell, TiltedDoubleWell
from landscape_sim.landscapes.reference_landscapes import (
    CatalogueEntry,
    KnownPoint,
    catalogue,
    from_catalogue,
)
from landscape_sim.landscapes.reflected import Reflected, reflected_passage
from landscape_sim.landscapes.saddle_pass import passes_out_of, wells_between
from landscape_sim.landscapes.section import OutlierSection
from landscape_sim.landscapes.separable import SeparableDoubleWell
from landscape_sim.landscapes.target_radius import require_radius_within_well, well_radius
from landscape_sim.landscapes.targets import (
    Ball,
    HalfSpace,
    Outside,
    Target,
    check_passage,
    check_position,
    escape_target,
)
from landscape_sim.landscapes.walled import between, read_walls
from landscape_sim.landscapes.wells import first_minimum, require_positive_loss, require_two_wells
from landscape_sim.landscapes.wrapped import Wrapped

__all__ = [
    "Ball",
    "CatalogueEntry",
    "CriticalPoint",
    "Domain",
    "EscapeDirection",
    "EscapeRoute",
    "HalfSpace",
    "Images",
    "KnownPoint",
    "Landscape",
    "LandscapeLike",
    "OutlierSection",
    "Outside",
    "Periodic",
    "Position",
    "QuadraticBowl",
    "QuarticDoubleWell",
    "Reflected",
    "SeparableDoubleWell",
    "Target",
    "TiltedDoubleWell",
    "Walls",
    "Wrapped",
    "arc_short_of",
    "between",
    "catalogue",
    "channels",
    "check_derivatives",
    "check_passage",
    "check_position",
    "coordinates",
    "descend",
    "escape_direction",
    "escape_target",
    "find_critical_points",
    "find_escape_route",
    "find_escape_routes",
    "first_minimum",
    "from_catalogue",
    "on_closed_axes",
    "one_turn",
    "passes_out_of",
    "read_domain",
    "read_position",
    "read_walls",
    "reflected_passage",
    "require_landscape",
    "require_no_noise_across",
    "require_positive_loss",
    "require_radius_within_well",
    "require_two_wells",
    "require_within",
    "same_place",
    "ways_into",
    "well_radius",
    "wells_between",
]
