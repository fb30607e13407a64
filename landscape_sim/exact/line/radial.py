"""Mean first-passage times out of a ball, in any dimension, on a radial landscape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.exact.line.diffusion import Array
from landscape_sim.exact.line.nested_quadrature import log_nested_integral
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.line.tail import Tail
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.validation import InputError, require_positive

_TOLERANCE = 1e-8
_ISOTROPIC = 1e-9
#: Where the quadrature begins, as a share of the radius; inside, the loss is a constant.
_INNERMOST = 1e-9
#: Spheres, and directions on each, on which the loss has to be the same: in the plane they are
#: close enough together for a trap of a hundredth of the radius.
_CHECKED_RADII, _CHECKED_DIRECTIONS = 200, 500


@dataclass(frozen=True)
class _RadialDiffusion:
    """The distance from the origin, as a diffusion in ``ξ = log(r/r_0)``.

    With ``D = s T`` the distance has the scale density ``r^(1−n) e^{U/T}`` and the speed density
    ``r^(n−1) e^{−U/T} / (s T)``; each gains a factor ``r`` from the logarithm.
    """

    landscape: LandscapeLike
    noise: NoiseModel
    centre: Position
    strength: float
    innermost: float

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.centre)

    def radius(self, displacement: Array) -> Array:
        """Return ``r(ξ)``."""
        return np.asarray(self.innermost * np.exp(displacement))

    def slope(self, displacement: Array) -> Array:
        """Return ``dL/dr``; only its sign is used."""
        slope = self.landscape.gradient(self._on_axis(displacement))[0]
        return np.broadcast_to(np.asarray(slope, dtype=np.float64), displacement.shape)

    def log_densities(self, displacement: Array) -> tuple[Array, Array]:
        """Return the logarithms of the scale and speed densities in ``ξ``.

        Raises
        ------
        InputError
            If the loss is not positive and finite there.
        """
        x = self._on_axis(displacement)
        with np.errstate(all="ignore"):
            potential = np.asarray(self.noise.potential(self.landscape, x)) / self.strength
            log_modulation = np.log(self.noise.modulation(self.landscape, x))
        is_allowed = np.isfinite(potential) & np.isfinite(log_modulation)
        if not np.all(is_allowed):
            raise InputError(
                f"{self.landscape!r} must have a positive and finite loss up to the radius "
                f"{x[0].max():g}; raise the loss floor or lower the radius"
            )
        log_radius = np.log(self.radius(displacement))
        log_scale = (2 - self.dimension) * log_radius + potential
        log_speed = self.dimension * log_radius - potential - log_modulation
        return log_scale, log_speed - np.log(self.strength)

    def _on_axis(self, displacement: Array) -> tuple[Array, ...]:
        radius = self.radius(displacement)
        first, *others = self.centre
        return (first + radius, *(np.full_like(radius, other) for other in others))


def radial_mean_first_passage_time(
    landscape: LandscapeLike, noise: NoiseModel, radius: float, centre: Position | None = None
) -> PassageTime:
    r"""Return the mean time from a centre to the sphere of this radius, in any dimension.

    The loss must depend on the distance ``r`` from the centre only. Under loss-proportional
    noise the mean time is

    .. math:: \frac1T \int_0^R r^{1-n} L(r)^{1/T}
              \int_0^r \rho^{n-1} L(\rho)^{-(1 + 1/T)} \, d\rho \, dr ,

    and under any isotropic noise that with the scale density ``r^{1-n} e^{U/T}`` and the speed
    density ``r^{n-1} e^{-U/T} / (s T)``.

    Parameters
    ----------
    landscape : LandscapeLike
        In ``n`` dimensions, radial about the centre; that is checked in some directions.
    noise : LossProportionalNoise, ConstantNoise or another isotropic model
        Modulation, potential and strength.
    radius : float
        ``R``.
    centre : tuple of float, optional
        The origin by default.

    Returns
    -------
    PassageTime
        The mean time, per unit of ``t = ηk``, to a relative error of 1e-8 or better.

    Raises
    ------
    InputError
        If the noise is not isotropic, the loss is not radial, or not positive and finite up to
        the radius, or the accuracy is not reached.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), section 5.2.7; the first passage of
    the loss to ``c L*`` is an experiment of Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate
    of SGD*, ICML 2022, Sec. 5.3.

    Examples
    --------
    >>> from landscape_sim.dynamics.noise import LossProportionalNoise
    >>> from landscape_sim.landscapes.bowl import QuadraticBowl
    >>> bowl = QuadraticBowl.isotropic(floor=1.0, curvature=2.0, dimension=2)
    >>> passage = radial_mean_first_passage_time(bowl, LossProportionalNoise(1.0), radius=1.0)
    >>> round(passage.mean_time, 9)  # 1/4
    0.25
    """
    radius = require_positive("radius", radius)
    centre = (0.0,) * len(landscape.search_box()) if centre is None else centre
    dimension = len(centre)
    refusal = radial_refusal(landscape, noise, radius, centre)
    if refusal is not None:
        raise InputError(refusal)
    strength = float(np.trace(noise.matrix(dimension))) / dimension
    process = _RadialDiffusion(landscape, noise, centre, strength, _INNERMOST * radius)
    core = _core(process)
    length = -math.log(_INNERMOST)
    log_time, error = log_nested_integral(process, length, core, _TOLERANCE)
    scale, speed = process.log_densities(np.zeros(1))
    within_core = float(scale[0] + speed[0]) - math.log(2 * dimension)
    return PassageTime(float(np.logaddexp(log_time, within_core)), error)


def _core(process: _RadialDiffusion) -> Tail:
    """Return the speed measure inside ``r_0``, where the density is ``∝ r^(n−1)``."""
    at_edge = process.log_densities(np.zeros(1))[1][0]
    further_in = process.log_densities(np.full(1, -1.0))[1][0] + process.dimension
    return Tail(
        reach=0,
        log_remainder=float(at_edge) - math.log(process.dimension),
        relative_error=abs(math.expm1(further_in - at_edge)),
    )


def radial_refusal(
    landscape: LandscapeLike, noise: NoiseModel, radius: float, centre: Position
) -> str | None:
    """Return why a passage to a sphere is not radial, or None if it is.

    Raises
    ------
    InputError
        If the noise has no strength, or is of another dimension.
    """
    dimension = len(centre)
    check_noise(noise, dimension)
    matrix = noise.matrix(dimension)
    strength = float(np.trace(matrix)) / dimension
    if not np.allclose(matrix, strength * np.eye(dimension), rtol=0, atol=_ISOTROPIC * strength):
        return f"{noise!r} is not isotropic, so the passage is not radial"
    require_positive("the strength of the noise", strength)
    rng = np.random.default_rng(0)
    for r in radius * np.arange(1, _CHECKED_RADII + 1) / _CHECKED_RADII:
        directions = rng.standard_normal((dimension, _CHECKED_DIRECTIONS))
        places = np.array(centre)[:, None] + r * directions / np.linalg.norm(directions, axis=0)
        on_axis = float(landscape.loss((centre[0] + r, *centre[1:])))
        with np.errstate(all="ignore"):
            elsewhere = np.broadcast_to(landscape.loss(tuple(places)), _CHECKED_DIRECTIONS)
        is_other = ~(np.abs(elsewhere - on_axis) <= _ISOTROPIC * np.abs(on_axis))
        if is_other.any():
            return (
                f"the loss is not radial about {centre!r}: it is {on_axis:.9g} on the first "
                f"axis and {elsewhere[is_other][0]:.9g} elsewhere, both {r:g} from there"
            )
    return None
