"""One escape, stated once: landscape, route, noise and target, for every method to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from landscape_sim.dynamics import (
    ConstantHessianAlignedNoise,
    ConstantNoise,
    HessianAlignedNoise,
    LossProportionalNoise,
    NoiseModel,
)
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

NoiseName = Literal["isotropic", "hessian", "constant", "constant-hessian"]
NOISE_NAMES: tuple[NoiseName, ...] = get_args(NoiseName)
TARGET_RADIUS = 0.25


def noise_name(text: str) -> NoiseName:
    """Return ``text`` as the name of a noise model.

    Raises
    ------
    InputError
        If there is no noise model of this name.
    """
    for name in NOISE_NAMES:
        if name == text:
            return name
    raise InputError(f"noise {text!r} is unknown; choose one of {', '.join(NOISE_NAMES)}")


@dataclass(frozen=True)
class EscapeProblem:
    """From which minimum, under which noise, to which target.

    Attributes
    ----------
    landscape : LandscapeLike
        What is escaped from.
    route : EscapeRoute
        Minimum, saddle and the minimum beyond.
    target : HalfSpace or Ball
        Where the passage ends, around the minimum beyond.
    noise_name : str
        One of :data:`NOISE_NAMES`.
    noise : NoiseModel
        That noise at ``η`` and ``B``.
    learning_rate, batch_size : float
        ``η`` and ``B``.
    outlier_curvature : float
        ``h_e*``, from which ``T = η h_e*/B``.
    domain : tuple of pairs of float, optional
        Where the loss is defined, if that is not everywhere: exact solvers stay inside.
    """

    landscape: LandscapeLike
    route: EscapeRoute
    target: Target
    noise_name: NoiseName
    noise: NoiseModel
    learning_rate: float
    batch_size: float
    outlier_curvature: float
    domain: tuple[tuple[float, float], ...] | None = None

    @property
    def temperature(self) -> float:
        """``T = η h_e*/B``."""
        return effective_temperature(self.learning_rate, self.batch_size, self.outlier_curvature)

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.route.minimum.position)

    @property
    def plane_domain(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The domain, where the landscape has two coordinates."""
        return None if self.domain is None else (self.domain[0], self.domain[1])

    @property
    def noise_follows_loss(self) -> bool:
        """Whether the noise is proportional to the loss, as Eq. (15) assumes."""
        return self.noise_name in ("isotropic", "hessian")

    @property
    def frozen_diffusion(self) -> float:
        """``D = T L*``: along the escape, the strength of noise frozen at the minimum."""
        return frozen_noise_diffusion(self.route.minimum.loss, self.temperature)


def state_problem(
    landscape: LandscapeLike,
    *,
    learning_rate: float,
    batch_size: float,
    noise: NoiseName = "isotropic",
    start: Position | None = None,
    target: Position | None = None,
    target_radius: float = TARGET_RADIUS,
    outlier_curvature: float | None = None,
    n_outliers: int | None = None,
    domain: tuple[tuple[float, float], ...] | None = None,
) -> EscapeProblem:
    """Return the escape from the minimum of ``start`` to that of ``target``.

    Parameters
    ----------
    landscape : LandscapeLike
        What is escaped from.
    learning_rate, batch_size : float
        ``η`` and ``B``.
    noise : {"isotropic", "hessian", "constant", "constant-hessian"}
        ``2 T L I``; ``(2η/B) L H*``; and both with ``L`` frozen at its value in the minimum.
    start, target : tuple of float, optional
        Positions in the two wells; see :func:`find_escape_route`.
    target_radius : float
        In more than one dimension, of the ball around the minimum beyond.
    outlier_curvature : float, optional
        Used as ``h*``; by default the eigenvalue along the escape, ``h_e*``.
    n_outliers : int, optional
        Freeze all but this many of the stiffest directions; by default none is frozen.
    domain : tuple of pairs of float, optional
        For each coordinate where the loss is defined; everywhere by default, and where
        directions are frozen.

    Raises
    ------
    InputError
        If there is no such route, SGD would diverge at the minimum, the start lies in the
        target, or an argument is out of range.
    """
    learning_rate = require_positive("learning_rate", learning_rate)
    batch_size = require_positive("batch_size", batch_size)
    route = find_escape_route(landscape, start, target)
    if n_outliers is not None:
        landscape, route = _freeze(landscape, route, n_outliers)
    _check_stability(route, learning_rate)
    curvature = route.outlier_curvature if outlier_curvature is None else outlier_curvature
    end = escape_target(route.destination.position, route.minimum.position, target_radius)
    if not end.distance(route.minimum.position) > 0.0:
        raise InputError(
            f"the start {route.minimum.position!r} lies within target_radius = {target_radius:g} "
            "of the target; lower it"
        )
    temperature = effective_temperature(learning_rate, batch_size, curvature)
    return EscapeProblem(
        landscape=landscape,
        route=route,
        target=end,
        noise_name=noise,
        noise=_noise(noise, landscape, route, learning_rate, batch_size, temperature),
        learning_rate=learning_rate,
        batch_size=batch_size,
        outlier_curvature=curvature,
        domain=domain if n_outliers is None else None,
    )


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


def _noise(
    name: NoiseName,
    landscape: LandscapeLike,
    route: EscapeRoute,
    learning_rate: float,
    batch_size: float,
    temperature: float,
) -> NoiseModel:
    loss = route.minimum.loss
    if name == "isotropic":
        return LossProportionalNoise(temperature)
    if name == "constant":
        return ConstantNoise(frozen_noise_diffusion(loss, temperature))
    hessian = landscape.hessian(route.minimum.position)
    if name == "hessian":
        return HessianAlignedNoise.from_hessian(hessian, learning_rate, batch_size)
    return ConstantHessianAlignedNoise.from_hessian(hessian, loss, learning_rate, batch_size)
