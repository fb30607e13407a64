"""The plane in coordinates along which the noise acts independently.

The diffusivity is ``D(x) = s(x) M`` with a constant matrix ``M``. Along the eigenvectors of
``M`` the backward generator has no mixed derivative: it is a sum of two one-dimensional ones,

``s Σ_k (M_k ∂_k² − ∂_k U ∂_k) = s Σ_k e^{U/M_k} ∂_k (M_k e^{−U/M_k} ∂_k)``.

Where ``M`` is isotropic every direction will do; the first then points from the start to the
target. A landscape that is translated or rotated hence gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain, read_domain
from landscape_sim.landscapes.targets import Ball, Outside, Target
from landscape_sim.validation import InputError

Array = NDArray[np.float64]

_ISOTROPIC = 1e-9  # relative difference of eigenvalues, far above their rounding
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class Frame:
    """A diffusion in the plane, seen in coordinates ``z`` with ``x = origin + axes z``.

    Attributes
    ----------
    landscape, noise
        Loss and noise model, functions of ``x``.
    origin : ndarray, shape (2,)
        The start.
    axes : ndarray, shape (2, 2)
        Orthonormal eigenvectors of ``M``, one a column.
    strengths : ndarray, shape (2,)
        Their eigenvalues ``M_k``.
    destination : ndarray, shape (2,)
        The landmark of the target, in ``z``.
    domain : ndarray, shape (2, 2)
        Rows ``(low, high)``: where the loss is defined, in ``x``; infinite if everywhere.
    """

    landscape: LandscapeLike
    noise: NoiseModel
    origin: Array
    axes: Array
    strengths: Array
    destination: Array
    domain: Array

    @property
    def length(self) -> float:
        """Distance from the start to the landmark of the target."""
        return float(np.hypot(*self.destination))

    @property
    def is_reversible(self) -> bool:
        """Whether ``M`` is isotropic, so that ``e^{−U/T}/s`` is the stationary density."""
        return bool(self.strengths[0] == self.strengths[1])

    def position(self, z0: Array, z1: Array) -> tuple[Array, Array]:
        """Return ``x`` and ``y`` at ``z``."""
        (a, b), (c, d) = self.axes
        return self.origin[0] + a * z0 + b * z1, self.origin[1] + c * z0 + d * z1

    def coordinates(self, x: Array, y: Array) -> Array:
        """Return ``z`` at ``(x, y)``, stacked along the first axis."""
        moved = np.stack([x - self.origin[0], y - self.origin[1]])
        return np.asarray(np.tensordot(self.axes, moved, axes=(0, 0)))

    def in_domain(self, z0: Array, z1: Array) -> NDArray[np.bool_]:
        """Return whether ``z`` lies where the loss is defined."""
        x = np.stack(self.position(z0, z1))
        low, high = self.domain.T.reshape(2, 2, *[1] * (x.ndim - 1))
        return np.asarray(((low <= x) & (x <= high)).all(axis=0))

    def potential(self, z0: Array, z1: Array) -> Array:
        """Return ``U``; NaN or infinite where the loss is not finite or not positive."""
        return self._evaluate(self.noise.potential, z0, z1)

    def modulation(self, z0: Array, z1: Array) -> Array:
        """Return ``s``."""
        return self._evaluate(self.noise.modulation, z0, z1)

    def distance(self, target: Target, z0: Array, z1: Array) -> Array:
        """Return the distance to the boundary of ``target``."""
        return np.asarray(target.distance(self.position(z0, z1)), dtype=np.float64)

    def _evaluate(
        self, function: Callable[[LandscapeLike, Any], Any], z0: Array, z1: Array
    ) -> Array:
        with np.errstate(all="ignore"):
            values = function(self.landscape, self.position(z0, z1))
        return np.broadcast_to(np.asarray(values, dtype=np.float64), np.broadcast(z0, z1).shape)


def landmark(target: Target, start: Position) -> Array:
    """Return the centre of a ball, and the nearest point of the boundary of other targets."""
    if isinstance(target, Ball):
        return np.array(target.centre, dtype=np.float64)
    here = np.array(start, dtype=np.float64)
    if isinstance(target, Outside) and target.centre == start:
        # All of the sphere is as near.
        return np.asarray(here + np.array([target.radius, 0.0]))
    return np.asarray(here + target.distance(start) * np.array(target.direction(start)))


def make_frame(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    domain: Domain | None,
) -> Frame:
    """Return the frame of a passage from ``start`` to ``target``.

    Raises
    ------
    InputError
        If the start does not have two finite coordinates outside the target, or the noise
        does not act in both directions.
    """
    dimensions = {len(landscape.search_box()), len(start), target.dimension}
    if dimensions != {2} or not np.isfinite(start).all():
        raise InputError(
            f"landscape, start and target must have two finite coordinates, got {landscape!r}, "
            f"{start!r} and {target!r}; see mean_first_passage_time"
        )
    if not target.distance(start) > 0:
        raise InputError(f"start {start!r} lies in {target!r}; choose a start outside it")
    check_noise(noise, 2)
    origin = np.array(start, dtype=np.float64)
    towards = landmark(target, start) - origin
    strengths, axes = np.linalg.eigh(noise.matrix(2))
    if not strengths[0] > _SINGULAR * strengths[1]:
        raise InputError(
            f"the noise has the strengths {strengths[0]:.3g} and {strengths[1]:.3g} along its axes "
            "and must be positive along both; freeze a direction without noise (n_outliers)"
        )
    if strengths[1] - strengths[0] <= _ISOTROPIC * strengths[1]:
        strengths = np.full(2, strengths.mean())
        axes = np.array([[towards[0], -towards[1]], [towards[1], towards[0]]]) / np.hypot(*towards)
    elif abs(axes[:, 1] @ towards) > abs(axes[:, 0] @ towards):
        strengths, axes = strengths[::-1], axes[:, ::-1]
    destination = axes.T @ towards
    signs = np.where(destination < 0, -1.0, 1.0)
    limits = np.array(((-np.inf, np.inf),) * 2 if domain is None else read_domain(domain, 2))
    return Frame(landscape, noise, origin, axes * signs, strengths, destination * signs, limits)
