"""The largest step that resolves an escape: in what time drift and noise change along its way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics import Dynamics, NoiseModel
from landscape_sim.ensembles.walls import steepest_drift
from landscape_sim.landscapes import LandscapeLike, Position, Target, ways_into
from landscape_sim.landscapes.polygon import spread_evenly
from landscape_sim.vectors import displace

Array = NDArray[np.float64]

#: Points on the way to the target, evenly by arc length.
_POINTS = 401
#: Half the base of a central difference, as a share of the way's length.
_DIFFERENCE = 1e-5
#: Of Jacobians that are held at a time.
_NUMBERS = 100_000
#: On the way drift may change so many times as fast as a step at the minimum may see: paths
#: pass there and do not dwell, and a ladder of steps in the ratio 1 : 2 holds the finer one too.
_IN_PASSING = 2.0
#: The noise of a step, and its drift at a wall, may lead this share of the way to the target.
_LONGEST_STRIDE = 0.5


def largest_step(
    landscape: LandscapeLike,
    scheme: Dynamics,
    start: Position,
    route: Sequence[Position],
    wells: Sequence[Position],
    target: Target,
    share: float,
) -> float:
    """Return the largest step, in the scheme's own time, that the way to the target allows.

    The way leads from ``start`` over the points of ``route``, and begins within a standard
    deviation of the stationary law. With ``r`` the largest rate at which drift or noise change
    there, or in a well beside it, a step is at most ``2 share/r``; and its noise, and its drift at
    the walls around the start, span half of the way at most. Of a target on closed axes all ways
    count.

    Parameters
    ----------
    landscape : LandscapeLike
        The landscape.
    scheme : Dynamics
        Noise and scheme, at whatever step.
    start, target
        Ends of the way.
    route : sequence of tuple of float
        Points between, in order.
    wells : sequence of tuple of float
        Minima beside the way that paths may visit.
    share : float
        Of the relaxation time at a minimum, that a step may last there.
    """
    ways = [_way(start, points, end) for points, end in ways_into(target, start, [route])]
    around = [_around(landscape, scheme.noise, minimum) for minimum in (start, *wells)]
    rate = fastest_rate(landscape, scheme, np.vstack([*ways, *map(np.atleast_2d, wells), *around]))
    steepest = max(steepest_drift(landscape, scheme, way) for way in ways)
    strength = float(np.linalg.norm(scheme.noise.matrix(len(start)), 2))
    spread = float(scheme.noise_amplitude(landscape, start)) ** 2 * strength / scheme.time_step
    stride = _LONGEST_STRIDE * float(target.distance(start))
    limits = [_IN_PASSING * share / rate] if rate > 0.0 else []
    limits += [stride / steepest] if steepest > 0.0 else []
    return min([*limits, stride * stride / spread] if spread > 0.0 else limits, default=np.inf)


def _way(start: Position, route: Sequence[Position], target: Target) -> Array:
    """Return points, evenly spaced, from ``start`` by way of ``route`` to the target's boundary."""
    corners = np.array([start, *route], dtype=float)
    is_before = np.asarray(target.distance(tuple(corners[1:].T)) > 0.0)
    corners = np.vstack([corners[:1], corners[1:][is_before]])
    last = tuple(map(float, corners[-1]))
    end = displace(last, float(target.distance(last)), target.direction(last))
    return spread_evenly(np.vstack([corners, end]), _POINTS)


def _around(landscape: LandscapeLike, noise: NoiseModel, minimum: Position) -> Array:
    """Return the points one standard deviation of the stationary law away from a minimum.

    On both sides along every eigenvector of the Hessian whose curvature is positive.
    """
    curvatures, axes = np.linalg.eigh(landscape.hessian(minimum))
    strength = (
        axes.T @ noise.matrix(len(minimum)) @ axes * float(noise.modulation(landscape, minimum))
    )
    usable = curvatures > 0.0
    deviations = np.sqrt(np.diag(strength)[usable] / curvatures[usable]) * axes[:, usable]
    return np.asarray(np.array(minimum) + np.concatenate([deviations.T, -deviations.T]))


def fastest_rate(landscape: LandscapeLike, dynamics: Dynamics, points: Array) -> float:
    """Return the largest rate at which drift or noise change at any of ``points``.

    That of the drift ``b`` is the norm of its Jacobian, that of noise of standard deviation
    ``a`` per unit time is ``|∇a|² ‖M‖``; both are per unit of the scheme's own time, in which
    the Jacobian is ``−∇∇U`` where the noise is constant. Points where they are not finite do
    not count.
    """
    length = float(np.linalg.norm(np.ptp(points, axis=0)))
    blocks = np.array_split(points, math.ceil(points.size * points.shape[1] / _NUMBERS))
    return max(_fastest_of(landscape, dynamics, block, _DIFFERENCE * length) for block in blocks)


def _fastest_of(landscape: LandscapeLike, dynamics: Dynamics, points: Array, shift: float) -> float:
    """Return that of central differences over ``shift`` to both sides."""
    n_points, n = points.shape
    sides = points[:, None, :] + shift * np.stack([np.eye(n), -np.eye(n)])[:, None]
    values = _drift_and_noise(landscape, dynamics, sides.reshape(-1, n))
    ahead, behind = values.reshape(2, n_points, n, n + 1)
    slopes = (ahead - behind) / (2.0 * shift)
    slopes = slopes[np.isfinite(slopes).all(axis=(1, 2))]
    drift = np.linalg.norm(slopes[:, :, :-1], 2, axis=(1, 2))
    strength = float(np.linalg.norm(dynamics.noise.matrix(n), 2))
    noise = strength * np.sum(slopes[:, :, -1] ** 2, axis=1)
    return float(np.max([*drift, *noise], initial=0.0))


def _drift_and_noise(landscape: LandscapeLike, dynamics: Dynamics, points: Array) -> Array:
    """Return the drift and, last, the noise of unit strength, per unit of the scheme's time."""
    n_points, n = points.shape
    x: Any = tuple(points.T)
    with np.errstate(all="ignore"):
        pace = dynamics.clock_rate(landscape, x, (0.0,) * n)
        amplitude = dynamics.noise_amplitude(landscape, x) / math.sqrt(dynamics.time_step)
        columns = [*(-pace * g for g in landscape.gradient(x)), amplitude]
    return np.stack([np.broadcast_to(column, n_points) for column in columns], axis=1)
