"""What is asked of an escape: landscape, route, noise and target, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.escape.strength import Strength
from landscape_sim.escape.wells import Wells
from landscape_sim.landscapes import (
    CriticalPoint,
    Domain,
    EscapeDirection,
    EscapeRoute,
    LandscapeLike,
    OutlierSection,
    Position,
    Target,
    Walls,
    between,
    check_derivatives,
    escape_direction,
    find_escape_routes,
    read_domain,
    read_position,
    require_landscape,
    require_no_noise_across,
    require_within,
    wells_between,
)
from landscape_sim.theory.arrhenius import frozen_noise_diffusion
from landscape_sim.validation import InputError


@dataclass(frozen=True, init=False, eq=False)
class EscapeProblem:
    """From which minimum, under which noise, to which target.

    Attributes
    ----------
    landscape : LandscapeLike
        What is escaped from; the section of the outliers where directions are frozen. Mirrored at
        walls, so that nobody asks for the loss outside.
    minimum, destination : CriticalPoint
        The minimum that is left, and that of the well to reach.
    saddle : tuple of float or None
        A position near the one pass to take, where one was named.
    target : HalfSpace or Ball
        Where the passage ends: the minimum beyond, or a ball around it.
    noise : NoiseModel
        The gradient noise.
    temperature : float
        ``T`` of the formula: ``η h*/B`` with ``h* = outlier_curvature``, or what was given; of a
        noise model, ``s(x*) eᵀMe/L*`` along the escape. Where ``h*`` was given and the noise
        has the strength ``η/B``, the noise along the escape has ``η h_e*/B`` instead.
    learning_rate, batch_size : float or None
        ``η`` and ``B``, where they were given.
    outlier_curvature : float
        ``h_e*``, or what was given in its place; zero where the minimum is flat.
    direction : EscapeDirection
        In which the well is left, with ``h_e*``: that of the lowest known pass out of it.
    domain : tuple of pairs of float, or None
        Where the loss is defined, if that is not everywhere: exact solutions stay inside. Where
        directions are frozen, in the coordinates of the others. Walls reflect all paths.
    """

    landscape: LandscapeLike
    minimum: CriticalPoint
    destination: CriticalPoint
    saddle: Position | None
    target: Target
    noise: NoiseModel
    temperature: float
    learning_rate: float | None
    batch_size: float | None
    outlier_curvature: float
    direction: EscapeDirection
    domain: Domain | None

    # Wide: one statement of everything that the methods need to know
    # Long: likewise
    def __init__(
        self,
        landscape: LandscapeLike,
        start: Position | None = None,
        target: Position | None = None,
        *,
        learning_rate: float | None = None,
        batch_size: float | None = None,
        temperature: float | None = None,
        noise: str | NoiseModel = "isotropic",
        target_radius: float | None = None,
        outlier_curvature: float | None = None,
        n_outliers: int | None = None,
        domain: Domain | None = None,
        saddle: Position | None = None,
    ) -> None:
        require_landscape(landscape)
        if isinstance(domain, Walls):
            domain = Walls(read_domain(domain, len(landscape.search_box())))
            for name, given in (("start", start), ("target", target), ("saddle", saddle)):
                if given is not None:
                    require_within(domain, name, read_position(name, given))
            landscape = between(landscape, domain)
        check_derivatives(landscape)
        strength = Strength.read(noise, learning_rate, batch_size, temperature, outlier_curvature)
        wells = Wells.find(landscape, start, target, saddle)
        if domain is not None:
            domain = read_domain(domain, len(wells.minimum.position))
            require_within(domain, "the start's minimum", wells.minimum.position)
            require_within(domain, "the target", wells.destination.position)
        if n_outliers is not None:
            if isinstance(domain, Walls) and domain.closes:
                raise InputError(
                    "no direction can be frozen where an axis closes on itself; leave n_outliers "
                    "out, or the periodic axis"
                )
            section = OutlierSection.at(landscape, wells.minimum, n_outliers)
            domain = None if domain is None else section.part_of(domain)
            wells = wells.within(section)
        direction = escape_direction(wells.landscape, wells.minimum, wells.destination)
        model, temperature, curvature = strength.at(wells.landscape, wells.minimum, direction)
        if domain is not None:
            require_no_noise_across(domain, model.matrix(len(wells.minimum.position)))
        for name, value in (
            ("landscape", wells.landscape),
            ("minimum", wells.minimum),
            ("destination", wells.destination),
            ("saddle", wells.saddle),
            ("target", wells.target(target_radius, domain)),
            ("noise", model),
            ("temperature", temperature),
            ("learning_rate", strength.learning_rate),
            ("batch_size", strength.batch_size),
            ("outlier_curvature", curvature),
            ("direction", direction),
            ("domain", domain),
        ):
            object.__setattr__(self, name, value)

    @property
    def walls(self) -> Walls | None:
        """The domain, if its ends reflect paths."""
        return self.domain if isinstance(self.domain, Walls) else None

    def holds(self, position: Sequence[float]) -> bool:
        """Return whether a position lies within the walls, if there are any."""
        if self.walls is None:
            return True
        sides = zip(position, self.walls.low, self.walls.high, strict=True)
        return all(low <= x <= high for x, low, high in sides)

    def require_no_walls(self, method: str, *, may_close: bool = False) -> None:
        """Refuse walls for what does not know them.

        Parameters
        ----------
        method : str
            What it is called.
        may_close : bool
            Whether it knows axes that close on themselves.

        Raises
        ------
        InputError
            If there are walls.
        """
        if self.walls is not None and not (may_close and not self.walls.reflects):
            raise InputError(
                f"{method} knows no walls, got {self.walls!r}; use exact, simulate or splitting, "
                "or leave the walls out"
            )

    @cached_property
    def routes(self) -> tuple[EscapeRoute, ...]:
        """The ways over all direct passes to the target that were found, the lowest first.

        Raises
        ------
        InputError
            If there is none: the formula needs one; a passage may lead through other wells.
        """
        return find_escape_routes(
            self.landscape, self.minimum.position, self.destination.position, self.saddle
        )

    @property
    def route(self) -> EscapeRoute:
        """The way over the lowest direct pass; see :attr:`routes`."""
        return self.routes[0]

    @cached_property
    def ways(self) -> tuple[tuple[EscapeRoute, ...], ...]:
        """The ways to the target, the lowest first: of each the routes, one after the other.

        Each is one direct pass, if one leads there; else those from well to well.

        Raises
        ------
        InputError
            If no way is known, not even through other wells.
        """
        between = wells_between(self.landscape, self.minimum, self.destination)
        if self.saddle is not None or not between:
            return tuple((route,) for route in self.routes)
        stops = [well.position for well in (self.minimum, *between, self.destination)]
        return tuple(
            product(*(find_escape_routes(self.landscape, *ends) for ends in pairwise(stops)))
        )

    @property
    def legs(self) -> tuple[EscapeRoute, ...]:
        """The routes of the lowest of the :attr:`ways`."""
        return self.ways[0]

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.start)

    @property
    def start(self) -> Position:
        """The minimum that is left."""
        return self.minimum.position

    @property
    def frozen_diffusion(self) -> float:
        """``D = T L*``: along the escape, the strength of noise frozen at the minimum."""
        return frozen_noise_diffusion(self.minimum.loss, self.temperature)
