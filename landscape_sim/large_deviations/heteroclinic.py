r"""The instanton itself: Hamilton's equations from minimum to saddle, by collocation.

.. math:: θ' = H_p, \qquad p' = −H_θ + α H_p,

from a small sphere around the minimum, which is left along ``p = Z δθ``, to one around the saddle,
where the path must come to rest. The time it takes is unknown, and so is ``α``, which the
conservation of ``H`` makes zero: without it one condition would follow from the others.

References
----------
Beyn, *The numerical computation of connecting orbits in dynamical systems*, IMA J. Numer. Anal. 10
(1990) 379.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.direct_action import BrokenLine
from landscape_sim.large_deviations.fixed_points import FixedPoint
from landscape_sim.validation import InputError

#: Radii of the two spheres, over the distance of minimum and saddle.
START_RADIUS, END_RADIUS = 1e-6, 1e-3
_TOLERANCE = 1e-7
_MOST_NODES = 4000
#: Points of a first guess on the way out of either sphere.
_GUESS_POINTS = 24


@dataclass(frozen=True, eq=False)
class Orbit:
    """A solution of Hamilton's equations between the two spheres.

    Attributes
    ----------
    times : ndarray, shape (m,)
        Nodes of the collocation.
    positions, momenta : ndarray, shape (m, n)
        There.
    action : float
        ``∫ p·dθ`` from minimum to saddle, what lies within the spheres included.
    action_error : float
        Its difference from another rule.
    largest_energy : float
        ``|H|`` along it, over the largest ``|p·θ'|``.
    """

    times: Array
    positions: Array
    momenta: Array
    action: float
    action_error: float
    largest_energy: float


def heteroclinic(
    hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, guess: BrokenLine
) -> Orbit:
    """Return the orbit close to a broken line.

    Raises
    ------
    InputError
        If the collocation does not converge.
    """
    from scipy.integrate import solve_bvp

    times, states = _first_guess(minimum, saddle, guess)
    problem = _Problem(hamiltonian, minimum, saddle)
    found = solve_bvp(
        problem.flow,
        problem.ends,
        times / times[-1],
        states,
        p=[times[-1], 0.0],
        fun_jac=problem.flow_derivative,
        bc_jac=problem.ends_derivative,
        tol=_TOLERANCE,
        max_nodes=_MOST_NODES,
    )
    if found.status != 0 or not found.p[0] > 0.0:
        raise InputError(
            "Hamilton's equations did not converge to an instanton from this path "
            f"({found.message.rstrip('.').lower()}); try another noise strength or saddle"
        )
    return _orbit(hamiltonian, minimum, saddle, found)


@dataclass(frozen=True, eq=False)
class _Problem:
    """The boundary value problem in ``s = t/T`` with the unknowns ``T`` and ``α``."""

    hamiltonian: Hamiltonian
    minimum: FixedPoint
    saddle: FixedPoint

    @property
    def _radii(self) -> tuple[float, float]:
        distance = float(np.linalg.norm(self.saddle.position - self.minimum.position))
        return START_RADIUS * distance, END_RADIUS * distance

    def flow(self, _: Array, y: Array, unknown: Array) -> Array:
        n = len(y) // 2
        slopes = self.hamiltonian.slopes(y[:n].T, y[n:].T)
        kick = unknown[1] * slopes.momentum - slopes.position
        return np.asarray(unknown[0] * np.concatenate([slopes.momentum, kick], axis=1).T)

    def flow_derivative(self, _: Array, y: Array, unknown: Array) -> tuple[Array, Array]:
        n = len(y) // 2
        slopes = self.hamiltonian.slopes(y[:n].T, y[n:].T)
        second = self.hamiltonian.curvatures(y[:n].T, y[n:].T)
        turned = second.mixed.transpose(0, 2, 1)
        top = np.concatenate([second.mixed, second.momentum], axis=2)
        bottom = np.concatenate([-second.position, -turned], axis=2) + unknown[1] * top
        by_state = unknown[0] * np.concatenate([top, bottom], axis=1)
        kick = unknown[1] * slopes.momentum - slopes.position
        by_time = np.concatenate([slopes.momentum, kick], axis=1)
        by_alpha = unknown[0] * np.concatenate([0.0 * slopes.momentum, slopes.momentum], axis=1)
        by_unknown = np.stack([by_time, by_alpha], axis=2)
        return by_state.transpose(1, 2, 0), by_unknown.transpose(1, 2, 0)

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


def _first_guess(
    minimum: FixedPoint, saddle: FixedPoint, guess: BrokenLine
) -> tuple[Array, Array]:
    """Return times and states along a broken line, with slow beginnings and ends."""
    corners, pieces = guess.corners, guess.pieces
    inner = 0.5 * (pieces.momentum[1:] + pieces.momentum[:-1])
    distance = float(np.linalg.norm(saddle.position - minimum.position))
    first, last = (np.linalg.norm(corners[k] - corners[k - 1]) for k in (1, -1))
    out = np.geomspace(START_RADIUS * distance / first, 1.0, _GUESS_POINTS)[:-1, None]
    into = np.geomspace(1.0, END_RADIUS * distance / last, _GUESS_POINTS)[1:, None]
    positions = np.vstack(
        [
            corners[0] + out * (corners[1] - corners[0]),
            corners[1:-1],
            corners[-1] + into * (corners[-2] - corners[-1]),
        ]
    )
    momenta = np.vstack([out * inner[0], inner, into * inner[-1]])
    pace = pieces.duration
    steps = np.concatenate(
        [
            _slow(out[:, 0], 1.0, pace[0]),
            pace[1:-1],
            _slow(into[::-1, 0], 1.0, pace[-1])[::-1],
        ]
    )
    return np.concatenate([[0.0], np.cumsum(steps)]), np.hstack([positions, momenta]).T


def _slow(shares: Array, last: float, duration: float) -> Array:
    """Return times between points at shares of a piece, along which the speed grows from zero.

    Where the speed is proportional to the distance, the time is its logarithm; ``duration``
    belongs to the speed in the middle of the piece.
    """
    return np.asarray(0.5 * duration * np.diff(np.log([*shares, last])))


def _orbit(hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, found: Any) -> Orbit:
    n, total = len(minimum.position), float(found.p[0])
    first, last = found.y[:, 0], found.y[:, -1]
    inside = 0.5 * first[n:] @ (first[:n] - minimum.position)
    inside -= 0.5 * last[n:] @ (last[:n] - saddle.position)

    def power(s: Array) -> Array:
        y = found.sol(s)
        speed = hamiltonian.slopes(y[:n].T, y[n:].T).momentum
        return np.asarray(total * np.sum(y[n:].T * speed, axis=1))

    coarse, fine = (_composite(power, found.x, count) for count in (3, 5))
    slopes = hamiltonian.slopes(found.y[:n].T, found.y[n:].T)
    work = np.abs(np.sum(found.y[n:].T * slopes.momentum, axis=1)).max()
    return Orbit(
        times=total * found.x,
        positions=found.y[:n].T,
        momenta=found.y[n:].T,
        action=fine + float(inside),
        action_error=abs(fine - coarse),
        largest_energy=float(np.abs(slopes.value).max() / work),
    )


def _composite(function: Callable[[Array], Array], edges: Array, n_points: int) -> float:
    """Return the integral by Gauss's rule with ``n_points`` on every interval."""
    nodes, weights = np.polynomial.legendre.leggauss(n_points)
    half = 0.5 * np.diff(edges)
    middles = 0.5 * (edges[1:] + edges[:-1])
    points = middles[:, None] + half[:, None] * nodes
    values = function(points.ravel()).reshape(points.shape)
    return float(half @ (values @ weights))
