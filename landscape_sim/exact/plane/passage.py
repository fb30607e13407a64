"""Mean first-passage times in two dimensions, from the backward equation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain
from landscape_sim.landscapes.images import on_closed_axes
from landscape_sim.landscapes.targets import Target


@dataclass(frozen=True, eq=False)
class PlanePassageTime(PassageTime):
    """A mean first-passage time in the plane, and that from everywhere else.

    Attributes
    ----------
    log_mean_time : float
        Natural logarithm of the mean time from the start, in units of ``t = ηk``.
    relative_error : float
        Estimated relative error of the mean time, at most 1 %.
    x, y : ndarray, shape (n0, n1)
        Nodes of the grid, in the coordinates of the landscape.
    mean_times : ndarray, shape (n0, n1)
        Mean time from each node: zero in the target, NaN where the loss is so high that a
        passage never leads there. Not extrapolated to zero spacing.
    """

    x: Array
    y: Array
    mean_times: Array


def plane_mean_first_passage_time(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> PlanePassageTime:
    r"""Return the mean time from ``start`` to ``target`` in two dimensions.

    The process is the Itô equation ``dx = -∇L dt + sqrt(2 s(x) M) dW``, and the mean time
    ``u(x)`` solves the backward equation

    .. math:: s \sum_{ij} M_{ij} \, \partial_i \partial_j u - \nabla L \cdot \nabla u = -1 ,

    with ``u = 0`` on the target. The grid covers all that lies below the saddle and a margin
    above it, and for anisotropic ``M`` also the detours over high loss that are not much less
    likely than the way to the target; its error, of second order, is estimated and removed by
    two coarser grids. The relative precision does not depend on the rate.

    Parameters
    ----------
    landscape : LandscapeLike
        In two dimensions.
    noise : NoiseModel
        Any of the noise models, with noise in both directions.
    start : tuple of float
        Where the passage begins.
    target : HalfSpace, Ball or another Target
        Where it ends; ``n_cells`` must resolve it.
    n_cells : int
        Cells along each axis, about.
    domain : pair of pairs of float, optional
        ``((x_low, x_high), (y_low, y_high))`` where the loss is defined, the whole plane
        unless given. It must hold all that a passage needs.

    Returns
    -------
    PlanePassageTime
        ``rate`` is the escape rate per unit of ``t = ηk``.

    Raises
    ------
    InputError
        If the start does not lie outside the target, the domain cuts the well off, the loss
        does not confine the process or is not positive and finite where it can go, or the grid
        is too coarse.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), section 5.4; the noise is that of
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022.

    Examples
    --------
    >>> from landscape_sim.dynamics.noise import LossProportionalNoise
    >>> from landscape_sim.landscapes import Ball, SeparableDoubleWell
    >>> well = SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0,))
    >>> target = Ball((1.0, 0.0), radius=0.25)
    >>> passage = plane_mean_first_passage_time(
    ...     well, LossProportionalNoise(0.2), (-1.0, 0.0), target, n_cells=100
    ... )
    >>> print(f"{passage.rate:.4e}")
    2.9942e-04
    """
    target = on_closed_axes(target, start, domain)
    frame = make_frame(landscape, noise, start, target, domain, may_close=True)
    grid = find_region(frame, (target,), n_cells)

    def solve(chain: Chain) -> tuple[float, Array]:
        times = Absorption(chain).solve(np.ones(chain.exits.shape[1]))
        return float(np.log(times[chain.start])), chain.on_grid(times, (0.0,))

    log_mean_times, fields = zip(*solve_thrice(grid, solve), strict=True)
    return PlanePassageTime(*extrapolate(grid, log_mean_times), *frame.seen(*grid.nodes), fields[0])
