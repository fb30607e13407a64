r"""The prefactor along an instanton: how wide the bundle of paths around it is.

.. math:: \dot Z = −(H_{θθ} + Z H_{pθ} + H_{θp} Z + Z H_{pp} Z), \qquad
          \dot S_1 = \mathrm{tr}\, H_{pθ} + \tfrac12 \mathrm{tr}(H_{pp} Z) + \tfrac12 B H_θ·H_p,

from ``Z = C⁻¹`` at the minimum; ``Z = ∇∇V``, and the density around the instanton is
``exp(−V/ε − S_1)``. In one direction ``Z`` is known, ``Z θ' = p'``, and only there an error grows
on the way to the saddle: there ``Z`` is pulled to what is known.

At the saddle the rate needs the limit of ``S_1 + ½ log |det Z|``. Where the flow is linear that
stands still, and the unstable coordinate is a process of its own, whose density, the others
integrated out, has this constant. So ``Z`` itself need have no limit, and has none where the flow
relaxes more slowly along the separatrix than it leaves it: the instanton then comes in along the
separatrix, and ``V`` has no second derivative at the saddle.

References
----------
Bouchet and Reygner, Ann. Henri Poincaré 17 (2016) 3499; Grafke, Schäfer and Vanden-Eijnden, Commun.
Pure Appl. Math. 77 (2024) 2268. The term in ``B`` is that of a chain in discrete time. For how
instantons come in: Maier and Stein, SIAM J. Appl. Math. 57 (1997) 752.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.large_deviations.fixed_points import FixedPoint
from landscape_sim.large_deviations.heteroclinic import Orbit
from landscape_sim.validation import InputError

#: A bundle this much narrower than at the minimum has a focus: the path is no minimiser.
_FOCUS = 1e6
#: How fast ``Z`` is pulled to what is known, over the largest rate.
_PULL = 4.0
_ACCURACY = 1e-9
#: Distances from the saddle, over that of the last sphere, from which the limit is extrapolated.
_DISTANCES = 2.0 ** np.arange(12)
#: What the collocation leaves uncertain in a momentum, over the largest one.
_UNCERTAIN = 3e-11


@dataclass(frozen=True, eq=False)
class Bundle:
    """What the paths around an instanton contribute to the rate.

    Attributes
    ----------
    log_prefactor : float
        Logarithm of ``λ₊/(2π) sqrt(det Z*/|det Z^s|) e^{−ΔS₁}``.
    error : float
        What the extrapolation to the saddle changes in it.
    graphs : ndarray, shape (m, n, n)
        ``Z`` at the points of the orbit.
    """

    log_prefactor: float
    error: float
    graphs: Array


def bundle(
    hamiltonian: Hamiltonian, minimum: FixedPoint, saddle: FixedPoint, orbit: Orbit
) -> Bundle:
    """Return the prefactor of an instanton.

    Raises
    ------
    InputError
        If neighbouring paths meet, so that the path is no minimiser.
    """
    from scipy.integrate import solve_ivp

    n = len(minimum.position)
    rates = _rates(hamiltonian, orbit)
    largest = np.linalg.norm(minimum.graph)

    def focus(_: float, y: Array) -> float:
        return float(_FOCUS * largest - np.linalg.norm(y[:-1]))

    focus.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        rates,
        (0.0, orbit.lengths[-1]),
        _start(hamiltonian, minimum, orbit),
        method="LSODA",
        events=focus,
        dense_output=True,
        rtol=_ACCURACY,
        atol=_ACCURACY * 1e-2 * largest,
    )
    if found.status != 0 or not np.isfinite(found.y).all():
        raise InputError(
            "paths beside this one meet: it is no minimiser of the action, so that it has no "
            "prefactor; use exact or splitting"
        )
    change, error = _at_the_saddle(orbit, saddle, found.sol)
    attempts = np.log(saddle.unstable_rates[0] / (2.0 * np.pi))
    start_width = 0.5 * np.linalg.slogdet(minimum.graph)[1]
    graphs = found.sol(orbit.lengths)[:-1].T.reshape(-1, n, n)
    return Bundle(float(attempts + start_width - change), error, graphs)


def _start(hamiltonian: Hamiltonian, minimum: FixedPoint, orbit: Orbit) -> Array:
    """Return ``(Z, S₁)`` on the first sphere, to first order in its radius.

    There ``Z = Z* + δZ`` grows with the rate ``μ`` of the distance ``δθ`` from the minimum, and so
    does ``S₁``. With what is left of Riccati's right-hand side for ``Z*``, which is zero at the
    minimum, this is a linear equation for ``δZ``.
    """
    position, momentum = orbit.positions[:1], orbit.momenta[:1]
    away = position[0] - minimum.position
    velocity = hamiltonian.slopes(position, momentum).momentum[0]
    growth = float(velocity @ away) / float(away @ away)
    second = hamiltonian.curvatures(position, momentum)
    coefficients = second.position[0], second.mixed[0], second.momentum[0]
    z, n = minimum.graph, len(away)
    rest = -_riccati(z, *coefficients)
    leaving = minimum.flow + minimum.noise @ z
    operator = (
        growth * np.eye(n * n) + np.kron(leaving.T, np.eye(n)) + np.kron(np.eye(n), leaving.T)
    )
    z = z - np.linalg.solve(operator, rest.ravel()).reshape(n, n)
    s_rate = np.trace(second.mixed[0]) + 0.5 * np.sum(second.momentum[0] * z)
    return np.append(z.ravel(), s_rate / growth)


def _riccati(z: Array, bent: Array, mixed: Array, spread: Array) -> Array:
    """Return ``Ż``."""
    turned = z @ mixed
    return np.asarray(-(bent + turned + turned.T + z @ spread @ z))


def _rates(hamiltonian: Hamiltonian, orbit: Orbit) -> Callable[[float, Array], Array]:
    """Return the right-hand side for ``(Z, S₁)`` by arc length, from splines along the orbit."""
    from scipy.interpolate import CubicSpline

    first = hamiltonian.slopes(orbit.positions, orbit.momenta)
    second = hamiltonian.curvatures(orbit.positions, orbit.momenta)
    n = orbit.positions.shape[1]
    parts = [part.reshape(len(orbit.lengths), -1) for part in (*second, first.momentum)]
    parts.append(-first.position)
    spline = CubicSpline(orbit.lengths, np.concatenate(parts, axis=1))
    fastest = float(np.abs(np.linalg.eigvals(second.mixed)).max())
    # Close to the minimum nothing grows, and the direction of a short step is mostly rounding.
    begin = float(orbit.lengths[np.argmax(np.linalg.norm(first.momentum, axis=1))])
    n_kicks = hamiltonian.kicks_per_step

    def rates(length: float, y: Array) -> Array:
        z, values = y[:-1].reshape(n, n), spline(length)
        bent, mixed, spread = values[: 3 * n * n].reshape(3, n, n)
        velocity, force = values[3 * n * n :].reshape(2, n)
        z_rate = _riccati(z, bent, mixed, spread)
        if length > begin:
            z_rate += _PULL * fastest * _known_part(z, velocity, force)
        s_rate = np.trace(mixed) + 0.5 * np.sum(spread * z) - 0.5 * n_kicks * (force @ velocity)
        by_time = np.concatenate([0.5 * (z_rate + z_rate.T).ravel(), [s_rate]])
        return np.asarray(by_time / np.linalg.norm(velocity))

    return rates


def _known_part(z: Array, velocity: Array, force: Array) -> Array:
    """Return the smallest symmetric change of ``Z`` after which ``Z θ' = p'``."""
    size = velocity @ velocity
    miss = force - z @ velocity
    outer = np.outer(miss, velocity) / size
    return np.asarray(outer + outer.T - (miss @ velocity) / size**2 * np.outer(velocity, velocity))


def _at_the_saddle(
    orbit: Orbit, saddle: FixedPoint, solution: Callable[[float], Array]
) -> tuple[float, float]:
    """Return the limit of ``ΔS₁ + ½ log |det Z|``, and what it changes from another extrapolation.

    The closer, the straighter; but the momentum of an instanton along the separatrix is lost there,
    so that of all extrapolations that counts which is certain.
    """
    n = len(saddle.position)
    distance = np.linalg.norm(orbit.positions - saddle.position, axis=1)
    # The last point that is so far off; the orbit ends at one.
    points = [int(np.flatnonzero(distance >= k * distance[-1])[-1]) for k in _DISTANCES]
    states = np.array([solution(orbit.lengths[k]) for k in points])
    values = states[:, -1] + 0.5 * np.linalg.slogdet(states[:, :-1].reshape(-1, n, n))[1]
    limits = np.array(
        [_at_zero(distance[points[k : k + 3]], values[k : k + 3]) for k in range(len(points) - 2)]
    )
    size = np.linalg.norm(orbit.momenta, axis=1)
    errors = np.abs(np.diff(limits)) + _UNCERTAIN * size.max() / size[points[: len(limits) - 1]]
    best = int(np.argmin(errors))
    return float(limits[best]), float(errors[best])


def _at_zero(x: Array, y: Array) -> float:
    """Return the value at zero of the polynomial through the points."""
    others = [np.delete(x, k) for k in range(len(x))]
    weights = [np.prod(rest / (rest - one)) for one, rest in zip(x, others, strict=True)]
    return float(np.dot(weights, y))
