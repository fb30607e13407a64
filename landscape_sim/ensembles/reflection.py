"""Simulation within walls: landscape and scheme folded back or wrapped, and a step that fits."""

from __future__ import annotations

import math

import numpy as np

from landscape_sim.dynamics import Dynamics, NoiseModel
from landscape_sim.dynamics.reflected import ReflectedScheme
from landscape_sim.dynamics.wrapped import WrappedScheme
from landscape_sim.landscapes import (
    Images,
    LandscapeLike,
    Position,
    Target,
    Walls,
    between,
    coordinates,
    one_turn,
    read_domain,
    require_no_noise_across,
    require_within,
)
from landscape_sim.landscapes.box import SearchBox, gradients, losses, quiet
from landscape_sim.landscapes.targets import Ball, HalfSpace
from landscape_sim.validation import InputError

#: A step leads beyond the wall opposite once in e^18 of the times: six standard deviations.
_DEVIATIONS_ACROSS = 6.0
#: So far ahead of the start a half-space is looked for, in units of its distance.
_FAR = 1e6


def mirrored(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    walls: Walls | None,
) -> LandscapeLike:
    """Return the landscape with its images behind the walls, where there are any.

    Raises
    ------
    InputError
        If the walls have not as many coordinates, do not hold start and target, the noise
        is correlated across one of them, or the loss is infinitely steep there, or not periodic
        along a closed axis.
    """
    if walls is None:
        return landscape
    walls = Walls(read_domain(walls, len(start)))
    require_within(walls, "start", start)
    require_no_noise_across(walls, noise.matrix(len(start)))
    ahead = start
    target = target.ball if isinstance(target, Images) else target
    if isinstance(target, Ball):
        ahead = target.centre
    elif isinstance(target, HalfSpace):
        far = _FAR * float(target.distance(start))
        ahead = tuple(x + far * e for x, e in zip(start, target.normal, strict=True))
    nearest = tuple(map(float, np.clip(ahead, walls.low, walls.high)))
    if isinstance(target, Ball | HalfSpace) and target.distance(nearest) > 0.0:
        raise InputError(f"domain {tuple(walls)!r} does not hold any of {target!r}; widen it")
    walled = between(landscape, walls)
    _require_finite_slopes(walled, walls)
    return walled


def _require_finite_slopes(landscape: LandscapeLike, walls: Walls) -> None:
    """Refuse a loss whose slope is infinite at a wall: no step is short enough there."""
    points = SearchBox.of(landscape).sample()
    for axis, ends in enumerate(zip(walls.low, walls.high, strict=True)):
        for end in filter(math.isfinite, ends):
            on_wall = points.copy()
            on_wall[:, axis] = end
            with quiet():
                slopes, heights = gradients(landscape, on_wall), losses(landscape, on_wall)
            is_steep = ~np.isfinite(slopes).all(axis=1) & np.isfinite(heights)
            if is_steep.any():
                place = coordinates(on_wall[is_steep][0])
                raise InputError(
                    f"the slope of the loss is infinite at the wall, at {place}, where no step is "
                    "short enough; move the wall a little inwards, or use exact"
                )


def within(scheme: Dynamics, walls: Walls | None, start: Position, target: Target) -> Dynamics:
    """Return the scheme, reflected at the walls if there are any, and wrapped on closed axes.

    The turn begins and ends at a target that has images: on both ways there it does not jump.
    """
    if walls is None:
        return scheme
    if walls.reflects:
        scheme = ReflectedScheme(scheme.noise, scheme.time_step, scheme, walls.low, walls.high)
    turn = one_turn(walls, start, target)
    if turn is None:
        return scheme
    return WrappedScheme(scheme.noise, scheme.time_step, scheme, *turn)


def longest_step_between(walls: Walls | None, noise: NoiseModel) -> float:
    """Return the longest step whose noise a box holds, in the time that makes it constant."""
    if walls is None:
        return math.inf
    strengths = np.diag(noise.matrix(len(walls)))
    widths = np.subtract(walls.high, walls.low)
    with np.errstate(divide="ignore"):
        return float(np.min((widths / _DEVIATIONS_ACROSS) ** 2 / (2.0 * strengths)))
