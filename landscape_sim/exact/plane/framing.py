"""The frame of a passage: which coordinates it is seen in, from start, target, noise and walls."""

from __future__ import annotations

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.exact.plane.frame import Array, Frame
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import (
    Domain,
    Walls,
    read_domain,
    require_no_noise_across,
    require_within,
)
from landscape_sim.landscapes.images import Images
from landscape_sim.landscapes.targets import Ball, Outside, Target
from landscape_sim.landscapes.walled import between
from landscape_sim.validation import InputError, require_positive

_ISOTROPIC = 1e-9  # relative difference of eigenvalues, far above their rounding
_SINGULAR = 1e-12


def landmark(target: Target, start: Position) -> Array:
    """Return the centre of a ball, and the nearest point of the boundary of other targets."""
    if isinstance(target, Ball):
        return np.array(target.centre, dtype=np.float64)
    if isinstance(target, Images):
        return np.array(target.nearest(start), dtype=np.float64)
    here = np.array(start, dtype=np.float64)
    if isinstance(target, Outside) and target.centre == start:
        # All of the sphere is as near.
        return np.asarray(here + target.radius * np.eye(len(start))[0])
    return np.asarray(here + target.distance(start) * np.array(target.direction(start)))


def make_frame(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    domain: Domain | None,
    *,
    may_close: bool = False,
) -> Frame:
    """Return the frame of a passage from ``start`` to ``target``.

    Parameters
    ----------
    landscape, noise, start, target, domain
        As for :func:`landscape_sim.mean_first_passage_time`; the target with its images, if axes
        close on themselves.
    may_close : bool
        Whether the solver knows such axes.

    Raises
    ------
    InputError
        If the start does not have as many finite coordinates as the others, lies in the target or
        outside walls, or the noise does not act in both directions, differently about the axis, or
        obliquely on a wall.
    """
    n = len(start)
    if {len(landscape.search_box()), target.dimension} != {n} or not np.isfinite(start).all():
        raise InputError(
            f"landscape, start and target must have as many finite coordinates, got {landscape!r}, "
            f"{start!r} and {target!r}; see mean_first_passage_time"
        )
    if not target.distance(start) > 0:
        raise InputError(f"start {start!r} lies in {target!r}; choose a start outside it")
    check_noise(noise, n)
    origin = np.array(start, dtype=np.float64)
    towards = landmark(target, start) - origin
    domain = ((-np.inf, np.inf),) * n if domain is None else read_domain(domain, n)
    limits = np.array(domain)
    if isinstance(domain, Walls):
        require_within(domain, "start", start)
        if domain.closes:
            _require_closing_is_known(may_close)
            landscape = between(landscape, domain)
        if not (n == 1 and domain.closes):  # on a ring the target is at both ends
            return _walled_frame(landscape, noise, origin, towards, domain)
        limits = np.array([[-np.inf, np.inf]])
    if n > 2:
        return axial_frame(landscape, noise, origin, towards, limits)
    if n == 1:
        (strengths,) = noise.matrix(1)
        require_positive(f"the strength of {noise!r}", float(strengths[0]))
        return Frame(
            landscape, noise, origin, np.sign([towards]), strengths, np.abs(towards), limits
        )
    return _free_frame(landscape, noise, origin, towards, limits)


def _free_frame(
    landscape: LandscapeLike, noise: NoiseModel, origin: Array, towards: Array, limits: Array
) -> Frame:
    """Return the frame in the plane along the eigenvectors of the noise."""
    strengths, axes = np.linalg.eigh(noise.matrix(2))
    _require_noise_along_both(strengths)
    if strengths[1] - strengths[0] <= _ISOTROPIC * strengths[1]:
        strengths = np.full(2, strengths.mean())
        axes = np.array([[towards[0], -towards[1]], [towards[1], towards[0]]]) / np.hypot(*towards)
    elif abs(axes[:, 1] @ towards) > abs(axes[:, 0] @ towards):
        strengths, axes = strengths[::-1], axes[:, ::-1]
    destination = axes.T @ towards
    signs = np.where(destination < 0, -1.0, 1.0)
    return Frame(landscape, noise, origin, axes * signs, strengths, destination * signs, limits)


def _walled_frame(
    landscape: LandscapeLike, noise: NoiseModel, origin: Array, towards: Array, walls: Walls
) -> Frame:
    """Return the frame along the coordinates, of which walls stand across some."""
    n, matrix = len(origin), noise.matrix(len(origin))
    _require_known(walls, matrix)
    order = np.argsort(-np.abs(towards), kind="stable")
    strengths = np.diag(matrix)[order]
    _require_noise_along_both(np.sort(np.append(strengths, strengths.max())))
    if strengths.max() - strengths.min() <= _ISOTROPIC * strengths.max():
        strengths = np.full(n, strengths.mean())
    signs = np.where(towards[order] < 0.0, -1.0, 1.0)
    axes = np.eye(n)[:, order] * signs
    destination = axes.T @ towards
    limits = np.array([walls.low, walls.high]).T
    # No product of matrices: an infinite end times zero is none.
    ends = np.sort(signs[:, None] * (limits - origin[:, None])[order], axis=1)
    turns = np.diff(np.array(walls.turns), axis=0)[0][order]
    closed = turns > 0.0
    if closed.any() and not (strengths == strengths[0]).all():
        raise InputError(
            "where an axis closes on itself exact rates are known for noise that is as strong "
            f"along both axes, got {strengths.tolist()}; simulate, or use splitting"
        )
    # A turn is cut open opposite the way.
    cut = 0.5 * (destination[:, None] + np.multiply.outer(turns, [-1.0, 1.0]))
    return Frame(
        *(landscape, noise, origin, axes, strengths, destination, limits),
        walls=np.where(closed[:, None], cut, ends),
        closed=tuple(map(bool, closed)),
    )


def _require_known(walls: Walls, matrix: Array) -> None:
    """Refuse walls, or noise between them, for which no exact rate is known."""
    if len(matrix) > 2:
        raise InputError(
            "exact rates between walls are known in one and two dimensions, got "
            f"{len(matrix)} coordinates; simulate, or use splitting"
        )
    require_no_noise_across(walls, matrix)
    if np.allclose(matrix, np.diag(np.diag(matrix)), rtol=0.0, atol=_ISOTROPIC * matrix.max()):
        return
    if walls.closes:
        raise InputError(
            "where an axis closes on itself exact rates are known for noise without "
            f"correlation of the coordinates, got {matrix.tolist()}; simulate, or use splitting"
        )
    raise InputError(f"walls at infinity alone are none: give {tuple(walls)!r} without Walls")


def _require_closing_is_known(may_close: bool) -> None:
    if not may_close:
        raise InputError(
            "where an axis closes on itself the mean passage time and its distribution are known; "
            "let the axis reflect, or use one of these"
        )


def axial_frame(
    landscape: LandscapeLike, noise: NoiseModel, origin: Array, towards: Array, limits: Array
) -> Frame:
    """Return the frame of a passage along an axis of symmetry, in two or more dimensions.

    Parameters
    ----------
    landscape, noise
        Loss and noise model; that the loss is symmetric about the axis is left to
        :func:`landscape_sim.exact.plane.symmetry.require_axial`.
    origin : ndarray, shape (n,)
        The start.
    towards : ndarray, shape (n,)
        From there along the axis to the landmark of the target.
    limits : ndarray, shape (n, 2)
        The domain.

    Raises
    ------
    InputError
        If the noise is not the same in all directions across the axis, or vanishes in one.
    """
    n, length = len(origin), float(np.linalg.norm(towards))
    # A reflection that takes the first axis to the axis of symmetry takes the others across it.
    along = towards / length
    mirror = np.eye(n)[0] - along
    turn = np.eye(n)
    if mirror @ mirror > 0.0:
        turn = turn - 2.0 * np.outer(mirror, mirror) / (mirror @ mirror)
    matrix = turn @ noise.matrix(n) @ turn
    strengths = np.array([matrix[0, 0], np.trace(matrix[1:, 1:]) / (n - 1)])
    symmetric = np.diag([strengths[0], *[strengths[1]] * (n - 1)])
    if not np.allclose(matrix, symmetric, rtol=0, atol=_ISOTROPIC * strengths.max()):
        raise InputError(
            f"in {n} dimensions an exact rate is known about an axis of symmetry, and {noise!r} is "
            "not the same in all directions across the line from start to target; use the methods "
            "formula, simulate or splitting, or n_outliers to freeze directions"
        )
    _require_noise_along_both(np.sort(strengths))
    if abs(strengths[1] - strengths[0]) <= _ISOTROPIC * strengths.max():
        strengths = np.full(2, np.trace(matrix) / n)
    destination = np.array([length, 0.0])
    return Frame(landscape, noise, origin, turn[:, :2], strengths, destination, limits, True)


def _require_noise_along_both(strengths: Array) -> None:
    if not strengths[0] > _SINGULAR * strengths[1]:
        raise InputError(
            f"the noise has the strengths {strengths[0]:.3g} and {strengths[1]:.3g} along its axes "
            "and must be positive along both; freeze a direction without noise (n_outliers)"
        )
