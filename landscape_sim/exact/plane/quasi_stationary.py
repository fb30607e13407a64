"""What the density of the paths that have not yet arrived settles to, and how fast it leaks."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.cells import cell_volumes
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.exact.plane.relaxation import slowest_mode
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain
from landscape_sim.landscapes.targets import Target


@dataclass(frozen=True, eq=False)
class PlaneQuasiStationaryDistribution(PassageTime):
    """The quasi-stationary distribution of the plane without the target.

    Attributes
    ----------
    log_mean_time : float
        Natural logarithm of the mean time to the target from a position drawn from the
        distribution. That time is exponential, and ``rate`` is the exit rate: the smallest
        eigenvalue of the generator.
    relative_error : float
        Estimated relative error of the exit rate, at most 1 %.
    x, y : ndarray, shape (n0, n1)
        Nodes of the grid, in the coordinates of the landscape.
    density : ndarray, shape (n0, n1)
        Probability per area: zero in the target, NaN where the loss is so high that a path
        never leads there. Not extrapolated to zero spacing.
    """

    x: Array
    y: Array
    density: Array


def plane_quasi_stationary_distribution(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> PlaneQuasiStationaryDistribution:
    r"""Return the quasi-stationary distribution outside ``target``, and its exit rate.

    The density ``p`` and the exit rate ``λ`` are the lowest eigenpair of the forward equation,

    .. math:: \nabla \cdot (p \nabla L) + \sum_{ij} M_{ij} \, \partial_i \partial_j (s p)
              = -\lambda p ,

    with ``p = 0`` on the target, found by inverse iteration. Where the escape is rare, ``λ`` is
    one over the mean first-passage time from the minimum, up to a relative difference of the
    order of ``λ`` times the time of relaxation.

    Parameters
    ----------
    landscape, noise, target, n_cells, domain
        As for :func:`landscape_sim.plane_mean_first_passage_time`.
    start : tuple of float
        A position in the well.

    Returns
    -------
    PlaneQuasiStationaryDistribution
        The density on a grid, with ``rate`` the exit rate per unit of ``t = ηk``.

    Raises
    ------
    InputError
        As :func:`landscape_sim.plane_mean_first_passage_time`, and if the distribution is not
        reached because the two slowest modes decay equally fast.

    References
    ----------
    Collet, Martínez and San Martín, *Quasi-Stationary Distributions* (2013), ch. 2 and 6.

    Examples
    --------
    >>> from landscape_sim.dynamics.noise import LossProportionalNoise
    >>> from landscape_sim.landscapes import Ball, SeparableDoubleWell
    >>> well = SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0,))
    >>> settled = plane_quasi_stationary_distribution(
    ...     well, LossProportionalNoise(0.2), (-1.0, 0.0), Ball((1.0, 0.0), 0.25), n_cells=100
    ... )
    >>> print(f"{settled.rate:.3e}")
    2.995e-04
    """
    frame = make_frame(landscape, noise, start, target, domain)
    grid = find_region(frame, (target,), n_cells)

    def solve(chain: Chain) -> tuple[float, Array]:
        n_states = chain.exits.shape[1]
        log_mean_time, probabilities = slowest_mode(Absorption(chain).solve_transposed, n_states)
        density = chain.on_grid(probabilities, (0.0,))
        return log_mean_time, density / cell_volumes(chain.grid.axes, frame.power)

    log_mean_times, densities = zip(*solve_thrice(grid, solve), strict=True)
    return PlaneQuasiStationaryDistribution(
        *extrapolate(grid, log_mean_times), *frame.seen(*grid.nodes), densities[0]
    )
