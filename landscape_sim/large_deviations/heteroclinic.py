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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from landscape_sim.landscapes.polygon import arc_length
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.direct_action import BrokenLine
from landscape_sim.large_deviations.fixed_points import FixedPoint
from landscape_sim.validation import InputError

#: Radii of the two spheres, over the distance of minimum and saddle: from where a broken line is a
#: good guess to where the flow inside them is linear; each collocation is the guess of the next.
_RADII = ((0.03, 0.03), (6e-3, 6e-3), (4e-4, 2e-3), (1e-5, 1e-4))
#: Relative residuals of all collocations but the last, and of that one.
_ROUGH, _FINE = 1e-3, 1e-7
_MOST_NODES = 4000
#: Points of an orbit for every step of the collocation, between whose nodes it is as good.
_POINTS_PER_STEP = 4
#: Change between points of a guess inside a wider sphere, over the state itself.
_STEP_BETWEEN = 0.5


@dataclass(frozen=True, eq=False)
class Orbit:
    """A solution of Hamilton's equations between the two spheres.

    Attributes
    ----------
    lengths : ndarray, shape (m,)
        Arc length at points that are closer than the nodes of the collocation.
    positions, momenta : ndarray, shape (m, n)
        There.
    action : float
        ``∫ p·dθ`` from minimum to saddle, what lies within the spheres included.
    action_error : float
        Its difference from another rule.
    largest_energy : float
        ``|H|`` along it, over the largest ``|p·θ'|``.
    """

    lengths: Array
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
    problem = _Problem(hamiltonian, minimum, saddle, _RADII[0])
    found = _solved(problem, _along(guess, minimum, saddle), _ROUGH)
    for radii in _RADII[1:]:
        problem = _Problem(hamiltonian, minimum, saddle, radii)
        tolerance = _FINE if radii is _RADII[-1] else _ROUGH
        found = _solved(problem, _continued(found, minimum, saddle, radii), tolerance)
    return _orbit(hamiltonian, minimum, saddle, found)


def _solved(problem: _Problem, states: Array, tolerance: float) -> Any:
    from scipy.integrate import solve_bvp

    lengths = arc_length(states[: len(states) // 2].T)
    with np.errstate(all="ignore"):  # a step of Newton's method that leads astray is refused below
        found = solve_bvp(
            problem.flow,
            problem.ends,
            lengths / lengths[-1],
            states,
            p=[lengths[-1], 0.0],
            fun_jac=problem.flow_derivative,
            bc_jac=problem.ends_derivative,
            tol=tolerance,
            max_nodes=_MOST_NODES,
        )
    if found.status != 0 or not found.p[0] > 0.0:
        raise InputError(
            "Hamilton's equations did not converge to an instanton from this path "
            f"({found.message.rstrip('.').lower()}); try another noise strength or saddle"
        )
    return found


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
        n = len(y) // 2
        slopes = self.hamiltonian.slopes(y[:n].T, y[n:].T)
        kick = unknown[1] * slopes.momentum - slopes.position
        speed = np.linalg.norm(slopes.momentum, axis=1)
        return np.asarray(unknown[0] * np.concatenate([slopes.momentum, kick], axis=1).T / speed)

    def flow_derivative(self, _: Array, y: Array, unknown: Array) -> tuple[Array, Array]:
        n = len(y) // 2
        slopes = self.hamiltonian.slopes(y[:n].T, y[n:].T)
        second = self.hamiltonian.curvatures(y[:n].T, y[n:].T)
        turned = second.mixed.transpose(0, 2, 1)
        top = np.concatenate([second.mixed, second.momentum], axis=2)
        bottom = np.concatenate([-second.position, -turned], axis=2) + unknown[1] * top
        speed = np.linalg.norm(slopes.momentum, axis=1)[:, None]
        kick = unknown[1] * slopes.momentum - slopes.position
        tangent = np.concatenate([slopes.momentum, kick], axis=1) / speed
        faster = np.einsum("mi,mij->mj", tangent[:, :n], top)
        by_state = np.concatenate([top, bottom], axis=1)
        by_state -= tangent[:, :, None] * faster[:, None, :]
        by_state *= unknown[0] / speed[:, :, None]
        by_alpha = unknown[0] * np.concatenate([0.0 * kick, tangent[:, :n]], axis=1)
        by_unknown = np.stack([tangent, by_alpha], axis=2)
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
    leaving = _linear(
        minimum.flow + minimum.noise @ minimum.graph,
        rough.y[:n, 0] - minimum.position,
        radii[0] * distance,
        n,
    )
    arriving = _linear(
        saddle.hamiltonian_flow(),
        saddle.at_rest(rough.y[:, -1] - ends[1]),
        radii[1] * distance,
        n,
    )
    first = np.hstack([leaving, leaving @ minimum.graph])[::-1]
    return np.vstack([first + ends[0], rough.y.T, arriving + ends[1]]).T


def _linear(matrix: Array, start: Array, size: float, n: int) -> Array:
    """Return states of a linear flow until the first ``n`` coordinates are this small.

    Backwards in time where the flow grows.
    """
    from scipy.linalg import expm

    sign = -1.0 if np.linalg.eigvals(matrix).real.min() > 0.0 else 1.0
    states = [start]
    while np.linalg.norm(states[-1][:n]) > size and len(states) < _MOST_NODES:
        state = states[-1]
        # Directions that have died out need no points, however fast they did.
        step = sign * _STEP_BETWEEN * np.linalg.norm(state) / np.linalg.norm(matrix @ state)
        states.append(expm(matrix * step) @ state)
    return np.array(states[1:])


def _orbit(hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, found: Any) -> Orbit:
    n, length = len(minimum.position), float(found.p[0])
    first, last = found.y[:, 0], found.y[:, -1]
    inside = 0.5 * first[n:] @ (first[:n] - minimum.position)
    inside -= 0.5 * last[n:] @ (last[:n] - saddle.position)

    def climb(s: Array) -> Array:
        """Return the action per length."""
        y = found.sol(s)
        speed = hamiltonian.slopes(y[:n].T, y[n:].T).momentum
        along = np.sum(y[n:].T * speed, axis=1) / np.linalg.norm(speed, axis=1)
        return np.asarray(length * along)

    coarse, fine = (_composite(climb, found.x, count) for count in (3, 5))
    shares = np.interp(
        np.arange(_POINTS_PER_STEP * (len(found.x) - 1) + 1) / _POINTS_PER_STEP,
        np.arange(len(found.x)),
        found.x,
    )
    states = found.sol(shares)
    slopes = hamiltonian.slopes(states[:n].T, states[n:].T)
    work = np.abs(np.sum(states[n:].T * slopes.momentum, axis=1)).max()
    return Orbit(
        lengths=length * shares,
        positions=states[:n].T,
        momenta=states[n:].T,
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
