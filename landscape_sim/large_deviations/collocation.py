r"""Hamilton's equations along a path, by collocation in arc length.

.. math:: θ' = H_p/|H_p|, \qquad p' = (−H_θ + α H_p)/|H_p|,

with ``α`` zero, or unknown where the ends alone would say one thing too much: the conservation of
``H`` then makes it zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from landscape_sim.landscapes.polygon import arc_length
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.validation import InputError

_MOST_NODES = 4000
#: Of a guess that was a solution nearby.
_FEWEST_NODES, _THINNING = 30, 4
#: Points of an orbit for every step of the collocation, between whose nodes it is as good.
_POINTS_PER_STEP = 4
#: Change between points of a guess inside a wider sphere, over the state itself.
_STEP_BETWEEN = 0.5


@dataclass(frozen=True, eq=False)
class Orbit:
    """A solution of Hamilton's equations from a small sphere around the minimum.

    Attributes
    ----------
    lengths : ndarray, shape (m,)
        Arc length at points that are closer than the nodes of the collocation.
    positions, momenta : ndarray, shape (m, n)
        There.
    action : float
        ``∫ p·dθ`` from the minimum to the end, what lies within small spheres included.
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


class BoundaryProblem(Protocol):
    """What SciPy's ``solve_bvp`` wants to know."""

    def flow(self, s: Array, y: Array, unknown: Array, /) -> Array:
        """Return ``dy/ds``, shape ``(2n, m)``."""

    def flow_derivative(self, s: Array, y: Array, unknown: Array, /) -> tuple[Array, Array]:
        """Return its derivatives by ``y`` and by the unknown."""

    def ends(self, first: Array, last: Array, unknown: Array, /) -> Array:
        """Return what must vanish at the ends."""

    def ends_derivative(
        self, first: Array, last: Array, unknown: Array, /
    ) -> tuple[Array, Array, Array]:
        """Return its derivatives by both ends and by the unknown."""


def arc_length_flow(hamiltonian: Hamiltonian, y: Array, length: float, alpha: float) -> Array:
    """Return the derivative of states ``(θ, p)``, shape ``(2n, m)``, by the share of the length."""
    n = len(y) // 2
    slopes = hamiltonian.slopes(y[:n].T, y[n:].T)
    kick = alpha * slopes.momentum - slopes.position
    speed = np.linalg.norm(slopes.momentum, axis=1)
    return np.asarray(length * np.concatenate([slopes.momentum, kick], axis=1).T / speed)


def arc_length_derivative(
    hamiltonian: Hamiltonian, y: Array, length: float, alpha: float
) -> tuple[Array, Array]:
    """Return the derivatives of the flow by the states, and by length and ``α``."""
    n = len(y) // 2
    slopes = hamiltonian.slopes(y[:n].T, y[n:].T)
    second = hamiltonian.curvatures(y[:n].T, y[n:].T)
    turned = second.mixed.transpose(0, 2, 1)
    top = np.concatenate([second.mixed, second.momentum], axis=2)
    bottom = np.concatenate([-second.position, -turned], axis=2) + alpha * top
    speed = np.linalg.norm(slopes.momentum, axis=1)[:, None]
    kick = alpha * slopes.momentum - slopes.position
    tangent = np.concatenate([slopes.momentum, kick], axis=1) / speed
    faster = np.einsum("mi,mij->mj", tangent[:, :n], top)
    by_state = np.concatenate([top, bottom], axis=1)
    by_state -= tangent[:, :, None] * faster[:, None, :]
    by_state *= length / speed[:, :, None]
    by_alpha = length * np.concatenate([0.0 * kick, tangent[:, :n]], axis=1)
    by_unknown = np.stack([tangent, by_alpha], axis=2)
    return by_state.transpose(1, 2, 0), by_unknown.transpose(1, 2, 0)


def collocated(
    problem: BoundaryProblem, states: Array, tolerance: float, others: Sequence[float]
) -> Any:
    """Return SciPy's solution close to these states, with the length as its first unknown.

    Parameters
    ----------
    problem : BoundaryProblem
    states : ndarray, shape (2n, m)
        ``(θ, p)`` along the guess.
    tolerance : float
        Relative residuals.
    others : sequence of float
        Guesses of what is unknown beside the length.

    Raises
    ------
    InputError
        If it does not converge.
    """
    from scipy.integrate import solve_bvp

    lengths = arc_length(states[: len(states) // 2].T)
    with np.errstate(all="ignore"):  # a step of Newton's method that leads astray is refused below
        found = solve_bvp(
            problem.flow,
            problem.ends,
            lengths / lengths[-1],
            states,
            p=[lengths[-1], *others],
            fun_jac=problem.flow_derivative,
            bc_jac=problem.ends_derivative,
            tol=tolerance,
            max_nodes=_MOST_NODES,
        )
    if found.status != 0 or not found.p[0] > 0.0:
        raise InputError(
            "Hamilton's equations did not converge to an instanton from this path "
            f"({found.message.rstrip('.').lower()}); try another noise strength or end"
        )
    return found


def thinned(states: Array) -> Array:
    """Return some nodes of a solution, for a guess: a collocation only ever adds nodes."""
    count = states.shape[1]
    kept = np.linspace(0, count - 1, min(count, max(_FEWEST_NODES, count // _THINNING)))
    return np.asarray(states[:, kept.astype(int)])


def linear_flow(matrix: Array, start: Array, size: float, n: int) -> Array:
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


def orbit_of(hamiltonian: Hamiltonian, found: Any, inside: float) -> Orbit:
    """Return the orbit of a solution; ``inside`` is the action within small spheres."""
    n, length = len(found.y) // 2, float(found.p[0])

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
        action=fine + inside,
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
