r"""Instantons to a level of the loss, in several dimensions, and the rate of first passages there.

Of all points where ``L = ℓ`` the cheapest is one where ``p = λ ∇L``. With ``Z = ∇∇V`` and ``S_1``
along the instanton, the density without an absorbing level is a bell on the surface around that
point, and its flux

.. math:: κ = \frac{K}{B |p|} \sqrt{\frac{\det Z^*}{2 π ε \det{}_∥(Z − λ ∇∇L)}} \;
              e^{−ΔS_1 − V/ε},

with the determinant along the surface and ``K`` of :mod:`landscape_sim.large_deviations.overshoot`
for steps across it; in continuous time ``|∇L·p|/|p|`` stands for ``K/(B |p|)``. In one dimension it
is :mod:`landscape_sim.large_deviations.level_law`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.box import gradients, hessians
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.large_deviations.collocation import (
    Orbit,
    arc_length_derivative,
    arc_length_flow,
    collocated,
    linear_flow,
    orbit_of,
    thinned,
)
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.fixed_points import FixedPoint, fixed_point
from landscape_sim.large_deviations.overshoot import log_flux
from landscape_sim.large_deviations.riccati import graphs_along
from landscape_sim.validation import InputError

MOST_DIMENSIONS = 20
#: Radius of the sphere around the minimum, over the distance of the end.
_RADIUS = 1e-3
_TOLERANCE = 1e-6
#: From level to level the path grows by no more, and begins at so much of the first one.
_GROWTH, _BEGIN = 1.4, 0.25
#: Both sides of so many directions, those that are cheapest close to the minimum.
_DIRECTIONS = 2
#: Ends are one if they differ by less, over their distance from the minimum.
_SAME = 0.02
#: Cost that grows more slowly along the level than so much of that at the minimum does not grow.
_FLAT = 1e-4
#: ``|H|`` along the path over the power.
_ENERGY = 1e-6


@dataclass(frozen=True, eq=False)
class LevelInstanton:
    """A path of locally least action to a level.

    Attributes
    ----------
    end : ndarray, shape (n,)
    action : float
        ``V``.
    log_prefactor : float
        Logarithm of the rate without ``exp(−V/ε)``.
    noise_scale : float
        ``ε``.
    sharpness : float
        The least ``Z − λ ∇∇L`` along the surface, over ``Z*``: the bell is narrow beside the level
        where ``sharpness V > ε``.
    """

    end: Array
    action: float
    log_prefactor: float
    noise_scale: float
    sharpness: float

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate through the surface around this end."""
        return self.log_prefactor - self.action / self.noise_scale


def level_instantons(
    hamiltonian: Hamiltonian, landscape: LandscapeLike, minimum: Position, levels: Sequence[float]
) -> Iterator[tuple[LevelInstanton, ...] | InputError]:
    """Yield for each level the local minimisers found, the least action first, or a refusal.

    Looked for are those that grow out of the two cheapest directions at the minimum, to both sides.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        In at most twenty dimensions.
    landscape : LandscapeLike
        The loss.
    minimum : tuple of float
        Its minimum.
    levels : sequence of float
        Of the loss, rising, above that of the minimum.

    Raises
    ------
    InputError
        If there are too many dimensions, or it is no minimum.

    Examples
    --------
    Noise that is stronger across: a unit of loss costs ``1/4`` there, in place of 1.

    >>> from landscape_sim.landscapes import QuadraticBowl
    >>> from landscape_sim.large_deviations.covariance import CovarianceField
    >>> from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
    >>> noise = CovarianceField(lambda x: np.broadcast_to(np.diag([2.0, 8.0]), (len(x), 2, 2)))
    >>> bowl = QuadraticBowl(1.0, (1.0, 1.0))
    >>> hamiltonian = DiffusionHamiltonian(bowl, noise, 0.1)
    >>> (found,) = level_instantons(hamiltonian, bowl, (0.0, 0.0), [3.0])
    >>> len(found), round(found[0].action, 6)
    (2, 0.5)
    """
    if hamiltonian.dimension > MOST_DIMENSIONS:
        raise InputError(
            f"instantons to a level are found in at most {MOST_DIMENSIONS} dimensions, got "
            f"{hamiltonian.dimension}; take fewer directions"
        )
    start = fixed_point(hamiltonian, minimum, 0)
    branches = _first_branches(hamiltonian, landscape, start, levels[0])
    for level in levels:
        cheapest, grown = min(branches, key=lambda one: one.action), list[_Branch]()
        for branch in branches:
            try:
                grown.append(branch.grown(level))
            except InputError as refusal:
                # What is not known of the cheapest path is not known of any level from here on.
                if branch is cheapest:
                    yield refusal
                    return
        branches = grown
        yield _minimisers(branches)


def _minimisers(branches: Sequence[_Branch]) -> tuple[LevelInstanton, ...] | InputError:
    found, refusals = list[LevelInstanton](), list[InputError]()
    for branch in sorted(branches, key=lambda one: one.action):
        try:
            one = branch.instanton()
        except InputError as refusal:
            refusals.append(refusal)
            continue
        size = _SAME * np.linalg.norm(one.end - branch.start.position)
        if all(np.linalg.norm(one.end - other.end) > size for other in found):
            found.append(one)
    return tuple(found) if found else refusals[0]


def _first_branches(
    hamiltonian: Hamiltonian, landscape: LandscapeLike, start: FixedPoint, level: float
) -> list[_Branch]:
    """Return what the linear flow around the minimum says of a lower level."""
    from scipy.linalg import eigh

    floor = float(landscape.loss(tuple(start.position)))
    rise = _BEGIN**2 * (level - floor)
    costs, axes = eigh(start.graph, hessians(landscape, start.position[None])[0])
    leaving = start.flow + start.noise @ start.graph
    found = []
    for cost, axis in list(zip(costs, axes.T, strict=True))[:_DIRECTIONS]:
        for side in (1.0, -1.0):
            end = side * math.sqrt(2.0 * rise) * axis
            inner = linear_flow(leaving, end, _RADIUS * float(np.linalg.norm(end)), len(end))
            away = np.vstack([inner[::-1], end])
            states = np.vstack([start.position[:, None] + away.T, start.graph @ away.T])
            known = float(cost), floor + rise, float(cost) * rise
            found.append(_Branch(hamiltonian, landscape, start, states, *known, None))
    return found


@dataclass(frozen=True, eq=False)
class _Branch:
    """A path to a level, which grows with it."""

    hamiltonian: Hamiltonian
    landscape: LandscapeLike
    start: FixedPoint
    states: Array
    multiplier: float
    level: float
    action: float
    orbit: Orbit | None

    def grown(self, level: float) -> _Branch:
        """Return the path to a higher level, by steps that are guesses for the next."""
        n = self.hamiltonian.dimension
        floor = float(self.landscape.loss(tuple(self.start.position)))
        branch, ratio = self, (level - floor) / (self.level - floor)
        n_steps = max(1, math.ceil(0.5 * math.log(ratio) / math.log(_GROWTH)))
        growth = ratio ** (0.5 / n_steps)
        centre = np.concatenate([self.start.position, np.zeros(n)])[:, None]
        for step in range(1, n_steps + 1):
            states = centre + growth * (thinned(branch.states) - centre)
            radius = float(np.linalg.norm(states[:n, 0] - self.start.position))
            reached = floor + (self.level - floor) * growth ** (2 * step)
            problem = _Problem(self.hamiltonian, self.landscape, self.start, reached, radius)
            found = collocated(problem, states, _TOLERANCE, (branch.multiplier,))
            first = found.y[:, 0]
            inside = 0.5 * float(first[n:] @ (first[:n] - self.start.position))
            orbit = orbit_of(self.hamiltonian, found, inside)
            known = float(found.p[1]), reached, orbit.action, orbit
            branch = _Branch(self.hamiltonian, self.landscape, self.start, found.y, *known)
        return branch

    def instanton(self) -> LevelInstanton:
        """Return end, action and prefactor.

        Raises
        ------
        InputError
            If the path is no minimiser of the action, or no solution.
        """
        from scipy.linalg import eigh

        orbit, epsilon = self.orbit, self.hamiltonian.noise_scale
        if orbit is None or orbit.largest_energy > _ENERGY or not orbit.action > 0.0:
            raise InputError("the path to the level is not certain; take a lower level")
        last = graphs_along(self.hamiltonian, self.start, orbit)(orbit.lengths[-1])
        end, momentum = orbit.positions[-1], orbit.momenta[-1]
        graph = last[:-1].reshape(end.size, end.size)
        bent = graph - self.multiplier * hessians(self.landscape, end[None])[0]
        along = np.linalg.svd(momentum[None])[2][1:]
        across = along @ bent @ along.T
        sharpness = math.inf
        if end.size > 1:
            sharpness = float(eigh(across, along @ self.start.graph @ along.T)[0][0])
        if not sharpness > _FLAT:
            raise InputError(
                "the path leads to no cheapest point of the level: those beside it cost no more"
            )
        log_density = (
            0.5 * np.linalg.slogdet(self.start.graph)[1]
            - 0.5 * math.log(2.0 * math.pi * epsilon)
            - 0.5 * np.linalg.slogdet(across)[1]
            - float(last[-1])
        )
        flux = log_flux(self.hamiltonian, end, momentum)
        return LevelInstanton(end, orbit.action, float(log_density + flux), epsilon, sharpness)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The boundary value problem, with the length and ``λ`` unknown."""

    hamiltonian: Hamiltonian
    landscape: LandscapeLike
    start: FixedPoint
    level: float
    radius: float

    def flow(self, _: Array, y: Array, unknown: Array) -> Array:
        return arc_length_flow(self.hamiltonian, y, unknown[0], 0.0)

    def flow_derivative(self, _: Array, y: Array, unknown: Array) -> tuple[Array, Array]:
        by_state, by_unknown = arc_length_derivative(self.hamiltonian, y, unknown[0], 0.0)
        by_unknown[:, 1] = 0.0  # λ is a matter of the end
        return by_state, by_unknown

    def ends(self, first: Array, last: Array, unknown: Array) -> Array:
        n = len(first) // 2
        leaving = first[:n] - self.start.position
        graph = first[n:] - self.start.graph @ leaving
        sphere = 0.5 * (leaving @ leaving / self.radius**2 - 1.0) * self.radius
        across = last[n:] - unknown[1] * gradients(self.landscape, last[None, :n])[0]
        rise = float(self.landscape.loss(tuple(last[:n]))) - self.level
        return np.concatenate([graph, across, [sphere, rise]])

    def ends_derivative(
        self, first: Array, last: Array, unknown: Array
    ) -> tuple[Array, Array, Array]:
        n = len(first) // 2
        by_first, by_last = np.zeros((2 * n + 2, 2 * n)), np.zeros((2 * n + 2, 2 * n))
        by_unknown = np.zeros((2 * n + 2, 2))
        slope = gradients(self.landscape, last[None, :n])[0]
        by_first[:n] = np.hstack([-self.start.graph, np.eye(n)])
        by_first[2 * n, :n] = (first[:n] - self.start.position) / self.radius
        bent = -unknown[1] * hessians(self.landscape, last[None, :n])[0]
        by_last[n : 2 * n] = np.hstack([bent, np.eye(n)])
        by_last[2 * n + 1, :n] = slope
        by_unknown[n : 2 * n, 1] = -slope
        return by_first, by_last, by_unknown
