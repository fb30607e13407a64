"""What is asked of an escape: landscape, route, noise and target, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.escape.strength import Strength
from landscape_sim.landscapes import (
    Domain,
    EscapeRoute,
    LandscapeLike,
    OutlierSection,
    Position,
    Target,
    escape_target,
    find_escape_route,
    read_domain,
    read_position,
    require_landscape,
    require_within,
)
from landscape_sim.theory.arrhenius import frozen_noise_diffusion
from landscape_sim.validation import InputError
from landscape_sim.vectors import displace, transform

TARGET_RADIUS = 0.25


@dataclass(frozen=True, init=False, eq=False)
class EscapeProblem:
    """From which minimum, under which noise, to which target.

    Attributes
    ----------
    landscape : LandscapeLike
        What is escaped from; the section of the outliers where directions are frozen.
    route : EscapeRoute
        Minimum, saddle and the minimum beyond.
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
        ``h_e*``, or what was given in its place.
    domain : tuple of pairs of float, or None
        Where the loss is defined, if that is not everywhere: grids stay inside.
    """

    landscape: LandscapeLike
    route: EscapeRoute
    target: Target
    noise: NoiseModel
    temperature: float
    learning_rate: float | None
    batch_size: float | None
    outlier_curvature: float
    domain: Domain | None

    # Wide: one statement of everything that the methods need to know
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
        target_radius: float = TARGET_RADIUS,
        outlier_curvature: float | None = None,
        n_outliers: int | None = None,
        domain: Domain | None = None,
    ) -> None:
        require_landscape(landscape)
        strength = Strength.read(noise, learning_rate, batch_size, temperature, outlier_curvature)
        if domain is not None:
            domain = read_domain(domain, len(landscape.search_box()))
        route = _route(landscape, start, target, domain)
        if n_outliers is not None:
            landscape, route = _freeze(landscape, route, n_outliers)
        end = _target(route, target_radius)
        model, temperature, curvature = strength.along(landscape, route)
        for name, value in (
            ("landscape", landscape),
            ("route", route),
            ("target", end),
            ("noise", model),
            ("temperature", temperature),
            ("learning_rate", strength.learning_rate),
            ("batch_size", strength.batch_size),
            ("outlier_curvature", curvature),
            ("domain", domain if n_outliers is None else None),
        ):
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.start)

    @property
    def start(self) -> Position:
        """The minimum that is left."""
        return self.route.minimum.position

    @property
    def frozen_diffusion(self) -> float:
        """``D = T L*``: along the escape, the strength of noise frozen at the minimum."""
        return frozen_noise_diffusion(self.route.minimum.loss, self.temperature)


def _route(
    landscape: LandscapeLike,
    start: Position | None,
    target: Position | None,
    domain: Domain | None,
) -> EscapeRoute:
    route = find_escape_route(
        landscape,
        None if start is None else read_position("start", start),
        None if target is None else read_position("target", target),
    )
    if domain is not None:
        require_within(domain, "the start's minimum", route.minimum.position)
        require_within(domain, "the target", route.destination.position)
    return route


def _freeze(
    landscape: LandscapeLike, route: EscapeRoute, n_outliers: int
) -> tuple[OutlierSection, EscapeRoute]:
    section = OutlierSection.at(landscape, route.minimum, n_outliers)
    away = displace(route.destination.position, -1.0, route.minimum.position)
    origin = (0.0,) * n_outliers
    return section, find_escape_route(section, origin, transform(section.axes, away))


def _target(route: EscapeRoute, radius: float) -> Target:
    target = escape_target(route.destination.position, route.minimum.position, radius)
    if not target.distance(route.minimum.position) > 0.0:
        raise InputError(
            f"the start {route.minimum.position!r} lies within target_radius = {radius:g} "
            "of the target; lower it"
        )
    return target
