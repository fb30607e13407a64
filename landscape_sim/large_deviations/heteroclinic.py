r"""The instanton itself: Hamilton's equations from minimum to saddle, by collocation.

.. math:: θ' = H_p/|H_p|, \qquad p' = (−H_θ + α H_p)/|H_p|,

in arc length, from a small sphere around the minimum, which is left along ``p = Z δθ``, to one
around the saddle, where the path must come to rest. The length is unknown, and so is ``α``, which
the conservation of ``H`` makes zero: without it one condition would follow from the others. In
time, which runs to infinity at both ends, small changes there would shift everything between.

References
----------
Beyn, *The numerical computation of connecting orbits in dynamical systems*, IMA J. Numer. Anal. 10
(1990) 379.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape_sim.large_deviations.collocation import (
    Orbit,
    arc_length_derivative,
    arc_length_flow,
    collocated,
    linear_flow,
    orbit_of,
)
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.direct_action import BrokenLine
from landscape_sim.large_deviations.fixed_points import FixedPoint

#: Radii of the two spheres, over the distance of minimum and saddle: from where a broken line is a
#: good guess to where the flow inside them is linear; each collocation is the guess of the next.
_RADII = ((0.03, 0.03), (6e-3, 6e-3), (4e-4, 2e-3), (1e-5, 1e-4))
#: Relative residuals of all collocations but the last, and of that one.
_ROUGH, _FINE = 1e-3, 1e-7


def heteroclinic(
    hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, guess: BrokenLine
) -> Orbit:
    """Return the orbit close to a broken line.

    Raises
    ------
    InputError
        If the collocation does not converge.
    """
    problem = _Problem(hamiltonian, minimum, saddle, _RADII[0])
    found = collocated(problem, _along(guess, minimum, saddle), _ROUGH, (0.0,))
    for radii in _RADII[1:]:
        problem = _Problem(hamiltonian, minimum, saddle, radii)
        tolerance = _FINE if radii is _RADII[-1] else _ROUGH
        found = collocated(problem, _continued(found, minimum, saddle, radii), tolerance, (0.0,))
    return _orbit(hamiltonian, minimum, saddle, found)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The boundary value problem in ``s``, a share of the length, with that and ``α`` unknown."""

    hamiltonian: Hamiltonian
    minimum: FixedPoint
    saddle: FixedPoint
    relative_radii: tuple[float, float]

    @property
    def _radii(self) -> tuple[float, float]:
        distance = float(np.linalg.norm(self.saddle.position - self.minimum.position))
        return self.relative_radii[0] * distance, self.relative_radii[1] * distance

    def flow(self, _: Array, y: Array, unknown: Array) -> Array:
        return arc_length_flow(self.hamiltonian, y, *unknown)

    def flow_derivative(self, _: Array, y: Array, unknown: Array) -> tuple[Array, Array]:
        return arc_length_derivative(self.hamiltonian, y, *unknown)

    def ends(self, first: Array, last: Array, _: Array) -> Array:
        n = len(first) // 2
        leaving, arriving = first[:n] - self.minimum.position, last[:n] - self.saddle.position
        rows = self.saddle.forbidden_at_end()
        spheres = [
            0.5 * (away @ away / radius**2 - 1.0) * radius
            for away, radius in zip((leaving, arriving), self._radii, strict=True)
        ]
        graph = first[n:] - self.minimum.graph @ leaving
        rest = rows @ np.concatenate([arriving, last[n:]])
        return np.concatenate([graph, rest, spheres])

    def ends_derivative(self, first: Array, last: Array, _: Array) -> tuple[Array, Array, Array]:
        n = len(first) // 2
        leaving, arriving = first[:n] - self.minimum.position, last[:n] - self.saddle.position
        by_first, by_last = np.zeros((2 * n + 2, 2 * n)), np.zeros((2 * n + 2, 2 * n))
        by_first[:n] = np.hstack([-self.minimum.graph, np.eye(n)])
        by_last[n : 2 * n] = self.saddle.forbidden_at_end()
        by_first[2 * n, :n] = leaving / self._radii[0]
        by_last[2 * n + 1, :n] = arriving / self._radii[1]
        return by_first, by_last, np.zeros((2 * n + 2, 2))


def _along(guess: BrokenLine, minimum: FixedPoint, saddle: FixedPoint) -> Array:
    """Return states at the corners of a broken line outside the widest spheres."""
    corners, momenta = guess.corners[1:-1], guess.pieces.momentum
    distance = np.linalg.norm(saddle.position - minimum.position)
    is_outside = np.linalg.norm(corners - minimum.position, axis=1) > _RADII[0][0] * distance
    is_outside &= np.linalg.norm(corners - saddle.position, axis=1) > _RADII[0][1] * distance
    states = np.hstack([corners, 0.5 * (momenta[1:] + momenta[:-1])])
    return np.asarray(states[is_outside].T)


def _continued(
    rough: Any, minimum: FixedPoint, saddle: FixedPoint, radii: tuple[float, float]
) -> Array:
    """Return a solution, continued by the linear flow into narrower spheres."""
    n = len(minimum.position)
    distance = float(np.linalg.norm(saddle.position - minimum.position))
    ends = [np.concatenate([point.position, np.zeros(n)]) for point in (minimum, saddle)]
    leaving = linear_flow(
        minimum.flow + minimum.noise @ minimum.graph,
        rough.y[:n, 0] - minimum.position,
        radii[0] * distance,
        n,
    )
    arriving = linear_flow(
        saddle.hamiltonian_flow(),
        saddle.at_rest(rough.y[:, -1] - ends[1]),
        radii[1] * distance,
        n,
    )
    first = np.hstack([leaving, leaving @ minimum.graph])[::-1]
    return np.vstack([first + ends[0], rough.y.T, arriving + ends[1]]).T


def _orbit(hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, found: Any) -> Orbit:
    n = len(minimum.position)
    first, last = found.y[:, 0], found.y[:, -1]
    inside = 0.5 * first[n:] @ (first[:n] - minimum.position)
    inside -= 0.5 * last[n:] @ (last[:n] - saddle.position)
    return orbit_of(hamiltonian, found, float(inside))
