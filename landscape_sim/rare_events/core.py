"""The core of a well: a neighbourhood of the minimum that paths enter again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import Dynamics, NoiseModel
from landscape_sim.landscapes import LandscapeLike, Position
from landscape_sim.validation import InputError
from landscape_sim.vectors import Vector, displace, dot, scale, transform

#: Distance of the surface from the core, in standard deviations.
_GAP = 0.5
#: A potential that rises so many times as much over a standard deviation as its curvature says
#: belongs to a well that is narrower.
_STEEPER = 2.0
#: Variances below this share of the largest are those of directions without noise.
_NO_NOISE = 1e-12


class Core(NamedTuple):
    """An ellipsoid of equal Mahalanobis distance from a centre; a target for other wells.

    Attributes
    ----------
    centre : tuple of float
        The minimum.
    whitening : tuple of tuple of float
        Rows that turn a displacement into standard deviations.
    radius : float
        In standard deviations.
    """

    centre: Position
    whitening: tuple[Vector, ...]
    radius: float

    def excess(self, x: Any) -> Any:
        """Return the squared distance of ``x`` less the squared radius; negative inside."""
        deviation = transform(self.whitening, displace(x, -1.0, self.centre))
        return dot(deviation, deviation) - self.radius * self.radius

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return len(self.centre)

    def distance(self, x: Any) -> Any:
        """Return the distance of ``x`` from the surface, in standard deviations."""
        deviation = transform(self.whitening, displace(x, -1.0, self.centre))
        return np.sqrt(dot(deviation, deviation)) - self.radius

    def direction(self, x: Any) -> Vector:
        """Return the unit vector from ``x`` to the centre."""
        outward = displace(x, -1.0, self.centre)
        return scale(-1.0 / np.sqrt(dot(outward, outward)), outward)


@dataclass(frozen=True)
class Well:
    """What linear theory says about the surroundings of a minimum.

    Attributes
    ----------
    core : Core
        Within the root mean square distance, in standard deviations of the stationary law.
    surface : float
        A path has left the core where its excess is at least this.
    fastest, slowest : float
        Relaxation times ``1/h`` of the stiffest and the softest direction, in units of ``t``.
    """

    core: Core
    surface: float
    fastest: float
    slowest: float


def describe_well(landscape: LandscapeLike, noise: NoiseModel, start: Position) -> Well:
    """Return the well around the minimum ``start``.

    The stationary covariance ``C`` of the linearised equation ``dx = −H x dt + sqrt(2 s M) dW``
    solves ``H C + C H = 2 s M``; in the eigenbasis of ``H``, ``C_ij = 2 s M_ij/(h_i + h_j)``.
    A well that is flat at its bottom is narrower than that: along an axis of ``C`` where the
    potential ``U`` rises far more than its curvature says, the standard deviation is where it
    has risen as much as a parabola would.

    Raises
    ------
    InputError
        If the Hessian at ``start`` has an eigenvalue that is not positive, or there is no noise.

    Examples
    --------
    >>> from landscape_sim.dynamics import LossProportionalNoise
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> well = describe_well(QuarticDoubleWell(0.25, 1.0), LossProportionalNoise(0.08), (-1.0,))
    >>> 1 / well.core.whitening[0][0], well.fastest  # sqrt(s T/h) with s = 1/4 and h = 8
    (0.05, 0.125)
    """
    curvatures, basis = np.linalg.eigh(landscape.hessian(start))
    if not curvatures[0] > 0.0:
        raise InputError(
            f"start {start!r} has the curvature {curvatures[0]:g} in some direction; begin at a "
            "minimum, freeze flat directions (n_outliers) or simulate directly"
        )
    matrix = basis.T @ noise.matrix(len(start)) @ basis * float(noise.modulation(landscape, start))
    covariance = 2.0 * matrix / (curvatures[:, None] + curvatures)
    variances, axes = np.linalg.eigh(covariance)
    is_noisy = variances > _NO_NOISE * variances[-1]
    if not variances[-1] > 0.0:
        raise InputError(f"there is no noise at start {start!r}, hence no escape; raise the noise")
    axes, deviations = (basis @ axes)[:, is_noisy], np.sqrt(variances[is_noisy])
    widths = [
        _width(landscape, noise, start, e, d) for e, d in zip(axes.T, deviations, strict=True)
    ]
    rows = (axes / np.array(widths)).T
    whitening = tuple(tuple(map(float, row)) for row in rows)
    core = Core(start, whitening, float(np.sqrt(len(rows))))
    surface = (core.radius + _GAP) ** 2 - core.radius**2
    return Well(core, surface, float(1.0 / curvatures[-1]), float(1.0 / curvatures[0]))


def _width(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    axis: NDArray[np.float64],
    deviation: float,
) -> float:
    """Return the standard deviation along ``axis``, less than ``deviation`` in a flat well."""
    from scipy.optimize import brentq

    def rise(distance: float) -> float:
        """Return how far the potential rises, on the steeper side."""
        ends = (tuple(map(float, start + sign * distance * axis)) for sign in (-1.0, 1.0))
        return max(float(noise.potential(landscape, x)) for x in ends) - bottom

    bottom = float(noise.potential(landscape, start))
    modulation = float(noise.modulation(landscape, start))
    expected = 0.5 * deviation**2 * float(axis @ landscape.hessian(start) @ axis) / modulation
    if not rise(deviation) > _STEEPER * expected:
        return deviation
    return float(brentq(lambda distance: rise(distance) - expected, 0.0, deviation))


def own_time(landscape: LandscapeLike, dynamics: Dynamics, start: Position, time: float) -> float:
    """Return ``time`` at ``start``, in units of ``t``, in units of the scheme's own time."""
    return time / float(dynamics.clock_rate(landscape, start, (0.0,) * len(start)))
