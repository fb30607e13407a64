"""Which way the transitions between two sets take: backward committor and reactive current.

With the forward committor ``q⁺`` (where a path is bound for), the backward one ``q⁻`` (the
probability that it last came from the source) and the stationary density ``π``, a path that is
seen at ``x`` is on its way from the source to the target with the probability ``q⁻ q⁺``. On a
chain with the rates ``k_ij`` the transitions carry the net current
``π_i q⁻_i k_ij q⁺_j − π_j q⁻_j k_ji q⁺_i`` from node to node, which is conserved between the sets.

``m = π q⁻`` is the forward equation's solution with ``m = π`` on the source and ``m = 0`` on the
target. Edges end at the boundary of the source: there ``π`` is that of the chain on all nodes,
which has the same current on both parts of such an edge.

References
----------
E and Vanden-Eijnden, *Towards a theory of transition paths*, J. Stat. Phys. 123 (2006) 503;
Metzner, Schütte and Vanden-Eijnden, *Transition path theory for Markov jump processes*, Multiscale
Model. Simul. 7 (2009) 1192, eqs. (7), (11) and (17).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.cells import cell_volumes, cell_widths
from landscape_sim.exact.plane.committor import largest_error
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain, build_chain, edge_ends
from landscape_sim.exact.plane.refinement import extrapolate, require_fine, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.exact.plane.scan import Mask, Scan
from landscape_sim.exact.plane.stationary import stationary_law
from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.landscapes.domain import Domain
from landscape_sim.landscapes.targets import Ball
from landscape_sim.validation import InputError


@dataclass(frozen=True, eq=False)
class ReactiveCurrent(PassageTime):
    """The transitions between two balls: how often, and which way.

    Attributes
    ----------
    log_mean_time : float
        Natural logarithm of the mean time of a transition, in units of ``t = ηk``, from the
        return to the source to the arrival in the target, over the stationary process.
    relative_error : float
        Estimated relative error of the mean time, at most 1 %.
    x, y : ndarray, shape (n0, n1)
        Nodes of the grid, in the coordinates of the landscape.
    forward : ndarray, shape (n0, n1)
        ``q⁺``: the probability of reaching the target before the source; 0 in the source, 1 in
        the target, NaN where no passage leads.
    backward : ndarray, shape (n0, n1)
        ``q⁻``: the probability of having been in the source more recently than in the target.
    density : ndarray, shape (n0, n1)
        ``π``: the stationary probability per area. That of the paths on their way is ``π q⁻ q⁺``.
    current : ndarray, shape (2, n0, n1)
        Both components of the net current of transitions, per length across it and unit of time
        spent since a visit of the source: its flux through every line between the sets is
        ``rate``. Zero in the sets, NaN where no passage leads. Not extrapolated to zero spacing.
    error : float
        Largest error of a committor, at most 0.01, as that of :class:`PlaneCommittor`.
    """

    x: Array
    y: Array
    forward: Array
    backward: Array
    density: Array
    current: Array
    error: float


def plane_reactive_current(
    landscape: LandscapeLike,
    noise: NoiseModel,
    source: Ball,
    target: Ball,
    *,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> ReactiveCurrent:
    r"""Return committors and current of the transitions between two balls in two dimensions.

    The current is that of transition path theory,

    .. math:: J_i = q^- q^+ \Big( -\pi \, \partial_i L - \sum_j M_{ij} \, \partial_j (s \pi) \Big)
              + \pi s \sum_j M_{ij} \, ( q^- \partial_j q^+ - q^+ \partial_j q^- ) ,

    over the stationary probability of having come from the source. Where the noise is isotropic
    the process is reversible and ``q⁻ = 1 − q⁺``. It is neither under noise that differs between
    the directions.

    Parameters
    ----------
    landscape, noise, n_cells, domain
        As for :func:`landscape_sim.plane_mean_first_passage_time`.
    source, target : Ball
        Where transitions begin and end: usually around two minima.

    Returns
    -------
    ReactiveCurrent
        ``rate`` is that of the transitions, per unit of ``t = ηk``.

    Raises
    ------
    InputError
        As :func:`landscape_sim.plane_committor`, if the landscape is not in two dimensions, the
        loss has no logarithm within a ball, or the target stands between the source and further
        wells, whose share of the stationary density is then not known.

    References
    ----------
    E and Vanden-Eijnden, *Towards a theory of transition paths*, J. Stat. Phys. 123 (2006) 503,
    section 3.

    Examples
    --------
    >>> from landscape_sim.dynamics.noise import LossProportionalNoise
    >>> from landscape_sim.landscapes import SeparableDoubleWell
    >>> well = SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0,))
    >>> left, right = Ball((-1.0, 0.0), 0.25), Ball((1.0, 0.0), 0.25)
    >>> way = plane_reactive_current(well, LossProportionalNoise(0.2), left, right, n_cells=100)
    >>> saddle = np.unravel_index(np.argmin(np.hypot(way.x, way.y)), way.x.shape)
    >>> print(f"{way.rate:.4e}, {way.backward[saddle]:.6f}")
    2.9963e-04, 0.500000
    """
    if not target.distance(source.centre) > source.radius:
        raise InputError(f"{source!r} and {target!r} meet; choose a smaller radius")
    frame = make_frame(landscape, noise, source.centre, target, domain)
    if len(source.centre) != 2:
        raise InputError(
            f"a reactive current is known in two dimensions, got {source!r}; use "
            "mean_first_passage_time for the rate"
        )
    grid = find_region(frame, (source, target), n_cells)
    flows = solve_thrice(grid, _flow)
    fine, half, _ = flows
    error = max(
        largest_error(grid, *pair) for pair in zip(fine.committors, half.committors, strict=True)
    )
    require_fine(grid, error)
    return ReactiveCurrent(
        *extrapolate(grid, [flow.log_mean_time for flow in flows]),
        *frame.seen(*grid.nodes),
        *fine.committors,
        fine.density,
        np.tensordot(frame.axes, fine.current, axes=1),
        error,
    )


@dataclass(frozen=True, eq=False)
class _Flow:
    """What is known on one grid; the current along the axes of the frame."""

    log_mean_time: float
    committors: tuple[Array, Array]
    density: Array
    current: Array


def _flow(chain: Chain) -> _Flow:
    grid = chain.grid
    whole = build_chain(grid, _closed(grid))
    law = np.full(whole.states.shape, np.nan)
    law[whole.states] = stationary_law(whole)
    absorption = Absorption(chain)
    forward = absorption.solve(chain.exits[1])
    # m = π q⁻ between the sets.
    from_source = absorption.solve_transposed(_entries(chain, whole, law))
    mass = from_source.sum() + law[grid.inside[0] & whole.states].sum()
    current = _current(chain, forward, from_source) / mass
    return _Flow(
        float(np.log(mass / (from_source @ chain.exits[1]))),
        (
            chain.on_grid(forward, (0.0, 1.0)),
            chain.on_grid(from_source / law[chain.states], (1.0, 0.0)),
        ),
        law / np.nansum(law) / cell_volumes(grid.axes, 0),
        current,
    )


def _closed(grid: Scan) -> Mask:
    """Return the nodes that matter, those in the sets included: nothing leaves them.

    Raises
    ------
    InputError
        If more of them lie behind the target, or the loss in a set has no logarithm.
    """
    nodes = grid.closure
    is_edge = np.zeros_like(nodes)
    for axis, end in product((0, 1), (0, -1)):
        if not grid.frame.is_wall(axis, grid.axes[axis][end]):
            np.moveaxis(is_edge, axis, 0)[end] = True
    is_behind = nodes & ~grid.flood & (is_edge | ~grid.inside[-1])
    if is_behind.any():
        raise InputError(
            f"{grid.targets[-1]!r} stands between the source and what lies behind, such as "
            f"{grid.loss_at(*(z[is_behind][0] for z in grid.nodes))}; choose a smaller target"
        )
    is_undefined = nodes & ~np.isfinite(grid.potential)
    if is_undefined.any():
        raise InputError(
            "the loss must be positive and finite in source and target, got "
            f"{grid.loss_at(*(z[is_undefined][0] for z in grid.nodes))}; raise the loss floor "
            "or choose smaller balls"
        )
    return nodes


def _entries(chain: Chain, whole: Chain, law: Array) -> Array:
    """Return at which rate the stationary process enters each state from the source.

    On an edge that is cut at the boundary, ``s π e^{U/M}`` is linear in ``∫ e^{U/M} dz``. What
    enters from there is what the rate ``k`` into the source takes out of the state, and what the
    whole edge carries in net.
    """
    in_source = chain.grid.inside[0][whole.states]
    between = chain.states[whole.states]
    masses = law[whole.states]
    inwards = whole.rates[in_source][:, between].T @ masses[in_source]
    outwards = whole.rates[between][:, in_source].sum(axis=1)
    return np.asarray(masses[between] * (chain.exits[0] - outwards) + inwards)


def _current(chain: Chain, forward: Array, from_source: Array) -> Array:
    """Return the current along each axis at the nodes: the mean of the faces of a cell."""
    grid, number = chain.grid, np.full(chain.states.shape, -1)
    number[chain.states] = np.arange(len(forward))
    in_set = np.any(grid.inside, axis=0)
    fields = []
    for axis in range(2):
        lower, upper = edge_ends(axis, 2)
        # Nothing flows out of the region. What an edge into a set carries lies on a part of it.
        faces = np.where(in_set[lower] | in_set[upper], np.nan, 0.0)
        is_edge = chain.states[lower] & chain.states[upper]
        i, j = number[lower][is_edge], number[upper][is_edge]
        there, back = (np.asarray(chain.rates[pair]) for pair in ((i, j), (j, i)))
        net = from_source[i] * there * forward[j] - from_source[j] * back * forward[i]
        faces[is_edge] = net
        widths = np.expand_dims(cell_widths(grid.axes[1 - axis]), axis)
        sides = _both_sides(faces / widths, axis)
        fields.append(np.where(in_set, 0.0, np.where(chain.states, sides, np.nan)))
    return np.stack(fields)


def _both_sides(faces: Array, axis: int) -> Array:
    """Return at every node the mean of its two faces, of which NaN is not known."""
    end = np.zeros_like(np.take(faces, [0], axis=axis))
    pair = np.stack([np.concatenate(p, axis=axis) for p in ((end, faces), (faces, end))])
    known = np.isfinite(pair)
    return np.asarray(np.where(known, pair, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
