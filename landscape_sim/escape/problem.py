"""What is asked of an escape: landscape, route, noise and target, checked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.dynamics.noise_registry import noise_family
from landscape_sim.landscapes import (
    EscapeRoute,
    LandscapeLike,
    OutlierSection,
    Position,
    Target,
    escape_target,
    find_escape_route,
)
from landscape_sim.theory.arrhenius import frozen_noise_diffusion
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.validation import InputError, require_positive
from landscape_sim.vectors import displace, transform

TARGET_RADIUS = 0.25

Domain = tuple[tuple[float, float], ...]


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
        ``T = η h_e*/B``.
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
        _check_domain(landscape, domain)
        _check_settings(learning_rate, batch_size, temperature, noise)
        route = find_escape_route(landscape, start, target)
        if n_outliers is not None:
            landscape, route = _freeze(landscape, route, n_outliers)
        if learning_rate is not None:
            _check_stability(route, learning_rate)
        curvature = route.outlier_curvature if outlier_curvature is None else outlier_curvature
        end = _target(route, target_radius)
        strength = learning_rate, batch_size, temperature
        model, temperature = _noise(noise, *strength, landscape, route, curvature)
        for name, value in (
            ("landscape", landscape),
            ("route", route),
            ("target", end),
            ("noise", model),
            ("temperature", temperature),
            ("learning_rate", None if learning_rate is None else float(learning_rate)),
            ("batch_size", None if batch_size is None else float(batch_size)),
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


def _check_domain(landscape: LandscapeLike, domain: Domain | None) -> None:
    if domain is None:
        return
    dimension = len(landscape.search_box())
    if len(domain) != dimension or not all(low < high for low, high in domain):
        raise InputError(
            f"domain must have an interval (low, high) for each of {dimension} coordinates, got "
            f"{domain!r}"
        )


def _check_settings(
    learning_rate: float | None,
    batch_size: float | None,
    temperature: float | None,
    noise: str | NoiseModel,
) -> None:
    given = [learning_rate is not None, batch_size is not None, temperature is not None]
    if not isinstance(noise, str):
        if any(given):
            raise InputError(
                f"{noise!r} says how strong the noise is; leave learning_rate, batch_size and "
                "temperature out, or name the noise"
            )
    elif given not in ([True, True, False], [False, False, True]):
        raise InputError(
            "give learning_rate and batch_size, or temperature in their place, got "
            f"{learning_rate!r}, {batch_size!r} and {temperature!r}"
        )
    else:
        noise_family(noise)
    for name, value in (
        ("learning_rate", learning_rate),
        ("batch_size", batch_size),
        ("temperature", temperature),
    ):
        if value is not None:
            require_positive(name, value)


def _freeze(
    landscape: LandscapeLike, route: EscapeRoute, n_outliers: int
) -> tuple[OutlierSection, EscapeRoute]:
    section = OutlierSection.at(landscape, route.minimum, n_outliers)
    away = displace(route.destination.position, -1.0, route.minimum.position)
    origin = (0.0,) * n_outliers
    return section, find_escape_route(section, origin, transform(section.axes, away))


def _check_stability(route: EscapeRoute, learning_rate: float) -> None:
    largest = float(route.minimum.eigenvalues[-1])
    if learning_rate * largest >= 2.0:
        raise InputError(
            f"learning_rate {learning_rate:g} makes SGD diverge at a curvature of {largest:g}; "
            f"keep it below 2/h = {2.0 / largest:g}"
        )


def _target(route: EscapeRoute, radius: float) -> Target:
    target = escape_target(route.destination.position, route.minimum.position, radius)
    if not target.distance(route.minimum.position) > 0.0:
        raise InputError(
            f"the start {route.minimum.position!r} lies within target_radius = {radius:g} "
            "of the target; lower it"
        )
    return target


def _noise(
    noise: str | NoiseModel,
    learning_rate: float | None,
    batch_size: float | None,
    temperature: float | None,
    landscape: LandscapeLike,
    route: EscapeRoute,
    curvature: float,
) -> tuple[NoiseModel, float]:
    """Return the noise at the minimum, and its temperature ``T = η h*/B``."""
    minimum = route.minimum
    if not isinstance(noise, str):
        check_noise(noise, len(minimum.position))
        return noise, _temperature_along(noise, landscape, route)
    if learning_rate is not None and batch_size is not None:
        temperature = effective_temperature(learning_rate, batch_size, curvature)
        noise_scale = learning_rate / batch_size
    else:
        temperature = require_positive("temperature", temperature or 0.0)
        noise_scale = temperature / require_positive("outlier_curvature", curvature)
    model = noise_family(noise).at_minimum(
        np.asarray(landscape.hessian(minimum.position)),
        minimum.loss,
        temperature=temperature,
        noise_scale=noise_scale,
    )
    return model, temperature


def _temperature_along(noise: NoiseModel, landscape: LandscapeLike, route: EscapeRoute) -> float:
    """Return what a noise model has along the escape: ``T = s(x*) eᵀMe/L*``."""
    minimum = route.minimum
    along = int(np.argmin(np.abs(minimum.eigenvalues - route.outlier_curvature)))
    direction = tuple(map(float, minimum.eigenvectors[:, along]))
    modulation = float(noise.modulation(landscape, minimum.position))
    return require_positive(
        f"the strength of {noise!r} along the escape, over L*,",
        modulation * float(noise.spread(direction)) ** 2 / minimum.loss,
    )
