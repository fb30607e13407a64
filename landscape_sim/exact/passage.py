"""Mean first-passage times wherever they are known exactly: one function over all solvers."""

from __future__ import annotations

import math

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise
from landscape_sim.exact.line.diffusion import Array
from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.line.passage import PassageTime, line_mean_first_passage_time
from landscape_sim.exact.line.radial import radial_mean_first_passage_time, radial_refusal
from landscape_sim.exact.plane.passage import plane_mean_first_passage_time
from landscape_sim.exact.plane.space import space_mean_first_passage_time
from landscape_sim.exact.plane.symmetry import AsymmetryError
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import (
    Domain,
    Walls,
    read_domain,
    read_position,
    require_within,
)
from landscape_sim.landscapes.images import on_closed_axes
from landscape_sim.landscapes.targets import Ball, HalfSpace, Outside, Target, check_passage
from landscape_sim.landscapes.walled import between
from landscape_sim.validation import InputError


def mean_first_passage_time(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> PassageTime:
    r"""Return the exact mean time from ``start`` into ``target``, in ``t = ηk``.

    The process is the Itô equation ``dx = -∇L dt + sqrt(2 s(x) M) dW``. What is there decides
    how it is solved:

    - in one dimension, by quadrature, for any noise: into a half-line or an interval to 1e-8,
      out of an interval to 1e-6;
    - from the middle to a sphere around it, by quadrature in any number of dimensions to 1e-8,
      where the landscape is radial about the start and the noise isotropic;
    - in the plane, on a grid, for any noise and target, to 1 % or better;
    - in more dimensions, on a grid of a half-plane, where landscape and noise are the same all
      around the line from start to target: as the noise models of the package are wherever the
      landscape is. That is checked at every node, in a direction of its own;
    - in three dimensions without such an axis, on a grid in space, for isotropic noise and to
      moderate depth: the finest that takes some two seconds, refused above 3 % of error.

    Parameters
    ----------
    landscape : LandscapeLike
        What is escaped from.
    noise : NoiseModel
        The gradient noise.
    start : sequence of float
        Where the passage begins.
    target : HalfSpace, Ball, Outside or, in the plane, another Target
        Where it ends.
    n_cells : int
        Cells along each axis of a grid in a plane or half-plane.
    domain : tuple of pairs of float, optional
        For each coordinate an interval where the loss is defined, everywhere by default. It
        must hold start and boundary of the target and all that a passage needs: the loss is not
        asked for outside. If it is :class:`landscape_sim.Walls`, its ends reflect paths or close
        an axis, on a line and in the plane, and a passage needs nothing beyond them.

    Returns
    -------
    PassageTime
        With its relative error; from a grid a :class:`PlanePassageTime`, with the mean times
        from everywhere.

    Raises
    ------
    InputError
        If landscape, start and target differ in their dimension, the start lies in the target,
        the domain does not hold them, no exact solution is known, or the solver refuses.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), sections 5.2.7 and 5.4.

    Examples
    --------
    >>> from landscape_sim.dynamics import LossProportionalNoise
    >>> from landscape_sim.landscapes import HalfSpace, QuadraticBowl, QuarticDoubleWell
    >>> well, noise = QuarticDoubleWell(0.25, 1.0), LossProportionalNoise(0.16)
    >>> print(f"{mean_first_passage_time(well, noise, (-1.0,), HalfSpace(1.0, (1.0,))).rate:.4e}")
    1.7790e-05
    >>> bowl = QuadraticBowl.isotropic(floor=1.0, curvature=2.0, dimension=2)
    >>> sphere = Outside((0.0, 0.0), 1.0)
    >>> found = mean_first_passage_time(bowl, LossProportionalNoise(1.0), (0.0, 0.0), sphere)
    >>> round(found.mean_time, 9)
    0.25
    """
    start = read_position("start", start)
    target = on_closed_axes(target, start, domain)
    check_passage(landscape, start, target)
    dimension = len(start)
    if domain is not None:
        domain = read_domain(domain, dimension)
        require_within(domain, "start", start)
    if isinstance(domain, Walls) and domain.closes:
        landscape = between(landscape, domain)
    if (
        isinstance(target, Outside)
        and tuple(target.centre) == start
        and radial_refusal(landscape, noise, target.radius, start) is None
    ):
        _require_ends_within(domain, target, start[0])
        return radial_mean_first_passage_time(landscape, noise, target.radius, start)
    if dimension == 1:
        _require_ends_within(domain, target, start[0])
        return _on_line(landscape, noise, start[0], target, domain)
    try:
        return plane_mean_first_passage_time(
            landscape, noise, start, target, n_cells=n_cells, domain=domain
        )
    except AsymmetryError:
        if dimension > 3:
            raise
        return space_mean_first_passage_time(landscape, noise, start, target, domain=domain)


def _on_line(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: float,
    target: Target,
    domain: Domain | None,
) -> PassageTime:
    if isinstance(target, HalfSpace | Ball):
        room = (-math.inf, math.inf) if domain is None else domain[0]
        end = _near_end(target, start)
        return line_mean_first_passage_time(
            landscape, noise, start, end, room, is_reflecting=isinstance(domain, Walls)
        )
    if isinstance(target, Outside):
        return _out_of_interval(landscape, noise, start, target)
    raise InputError(
        f"an exact rate on a line is known into HalfSpace, Ball and Outside, not into {target!r}; "
        "use one of these, or simulate"
    )


def _near_end(target: HalfSpace | Ball, start: float) -> float:
    if isinstance(target, HalfSpace):
        return target.offset * target.normal[0]
    return float(target.centre[0] - target.direction((start,))[0] * target.radius)


def _require_ends_within(domain: Domain | None, target: Target, start: float) -> None:
    """Refuse a domain within which no passage comes to the target."""
    if domain is None:
        return
    if isinstance(target, Outside):
        for end in (-target.radius, target.radius):
            require_within(domain, "the target's boundary", tuple(c + end for c in target.centre))
    elif isinstance(target, HalfSpace | Ball):
        require_within(domain, "the target's boundary", (_near_end(target, start),))


def _out_of_interval(
    landscape: LandscapeLike, noise: NoiseModel, start: float, target: Outside
) -> PassageTime:
    check_noise(noise, 1)
    strength = float(noise.matrix(1)[0, 0])

    def drift(x: Array) -> Array:
        return np.broadcast_to(-np.asarray(landscape.gradient((x,))[0]), x.shape)

    def diffusivity(x: Array) -> Array:
        return np.broadcast_to(strength * noise.modulation(landscape, (x,)), x.shape)

    (centre,) = target.centre
    low, high = centre - target.radius, centre + target.radius
    return interval_exit_time(drift, diffusivity, start, low, high)
