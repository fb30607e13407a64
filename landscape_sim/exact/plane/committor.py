"""Where a path is bound for, and the rate of its transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.cells import cell_volumes
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, require_fine, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.exact.plane.scan import MARGIN, Scan
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.landscapes.domain import Domain
from landscape_sim.landscapes.targets import Ball, Target
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class PlaneCommittor:
    """The probability of reaching the target before the source, from everywhere.

    Attributes
    ----------
    x, y : ndarray, shape (n0, n1)
        Nodes of the grid, in the coordinates of the landscape.
    values : ndarray, shape (n0, n1)
        The committor: 0 in the source, 1 in the target, NaN where the loss is so high that a
        passage never leads there.
    error : float
        Largest error of a value, estimated from a grid of half the cells; at most 0.01. The rim
        of the grid is left aside, where densities are below 1e-4 of those at the saddle.
    transition : PassageTime or None
        Mean time of a transition from the source to the target. Its ``rate`` is the reactive
        flux over the stationary probability of having come from the source, to a relative
        error of at most 1 %. None for anisotropic noise, whose stationary density is not known
        in closed form.
    """

    x: Array
    y: Array
    values: Array
    error: float
    transition: PassageTime | None


def plane_committor(
    landscape: LandscapeLike,
    noise: NoiseModel,
    source: Ball,
    target: Target,
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> PlaneCommittor:
    r"""Return the committor ``q`` between a ball and a target in two dimensions.

    It solves ``s Σ_ij M_ij ∂_i ∂_j q − ∇L·∇q = 0`` with ``q = 0`` in the source and ``q = 1`` in
    the target. For reversible noise, ``M = T``, the stationary density is
    ``π ∝ e^{−U/T}/s``, and

    .. math:: k = \int e^{-U/T} \, T \, |\nabla q|^2 \, dx \Big/ \int \pi \, (1 - q) \, dx

    is the rate of transitions, computed as the current that leaves the source.

    Parameters
    ----------
    landscape, noise, n_cells, domain
        As for :func:`landscape_sim.plane_mean_first_passage_time`.
    source : Ball
        Where a transition begins: usually around a minimum.
    target : HalfSpace, Ball or another Target
        Where it ends.

    Returns
    -------
    PlaneCommittor
        The committor on a grid, and the mean time of a transition.

    Raises
    ------
    InputError
        As :func:`landscape_sim.plane_mean_first_passage_time`, and if source and target meet.

    References
    ----------
    E and Vanden-Eijnden, *Towards a theory of transition paths*, J. Stat. Phys. 123 (2006) 503.

    Examples
    --------
    >>> from landscape_sim.dynamics.noise import ConstantNoise
    >>> from landscape_sim.landscapes import SeparableDoubleWell
    >>> well = SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0,))
    >>> left, right = Ball((-1.0, 0.0), 0.25), Ball((1.0, 0.0), 0.25)
    >>> committor = plane_committor(well, ConstantNoise(0.2), left, right, n_cells=100)
    >>> saddle = np.argmin(np.hypot(committor.x, committor.y))
    >>> print(f"{committor.values.flat[saddle]:.6f}")
    0.500000
    """
    if not target.distance(source.centre) > source.radius:
        raise InputError(f"{source!r} and {target!r} meet; choose a smaller radius")
    frame = make_frame(landscape, noise, source.centre, target, domain)
    grid = find_region(frame, (source, target), n_cells)

    def solve(chain: Chain) -> tuple[float, Array]:
        into_source, into_target = chain.exits
        values = Absorption(chain).solve(into_target)
        field = chain.on_grid(values, (0.0, 1.0))
        if not frame.is_reversible:
            return np.nan, field
        weights = _stationary_weights(chain)
        current = np.sum(weights[chain.states] * into_source * values)
        from_source = np.nansum(weights * (1.0 - field))
        return float(np.log(from_source / current)), field

    log_mean_times, fields = zip(*solve_thrice(grid, solve), strict=True)
    error = largest_error(grid, fields[0], fields[1])
    require_fine(grid, error)
    transition = None
    if frame.is_reversible:
        transition = PassageTime(*extrapolate(grid, log_mean_times))
    return PlaneCommittor(*frame.seen(*grid.nodes), fields[0], error, transition)


def largest_error(grid: Scan, fine: Array, coarse: Array) -> float:
    """Return the largest error of a committor, not too close to the edge of the region.

    A second-order error falls by four per halving: a third of the change is left. At the edge,
    where the process is reflected, the values are those of another process.
    """
    half = grid.coarsened(2)
    inner = half.flooded(MARGIN / 2)
    kept = fine[(slice(None, None, 2),) * fine.ndim]
    return float(np.max(np.abs(kept - coarse)[inner])) / 3


def _stationary_weights(chain: Chain) -> Array:
    """Return ``e^{−U/T}/s`` times the volume of the cell at every node, up to a factor."""
    grid = chain.grid
    exponent = -grid.potential / grid.frame.strengths[0]
    exponent -= exponent[grid.flood].max()
    volumes = cell_volumes(grid.axes, grid.frame.power)
    weights = np.exp(exponent) * volumes / grid.modulation
    return np.where(grid.flood, weights, 0.0)
