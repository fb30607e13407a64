r"""Hamilton's equations close to a minimum and to a saddle, where an instanton begins and ends.

At a critical point of the loss, ``p = 0``, the equations are linear with the matrix
``((F, a), (0, −Fᵀ))``, ``F = ∂²H/∂p∂θ``, ``a = ∂²H/∂p∂p``. A graph ``p = Z δθ`` that they leave
as it is has ``Z = C⁻¹`` with ``F C + C Fᵀ + a = 0``: at the minimum all that leaves it, and at the
saddle what the density around an instanton tends to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import Position
from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.validation import InputError

#: A flow slower than this, over the fastest, is none.
_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A critical point and the linear flow around it.

    Attributes
    ----------
    position : ndarray, shape (n,)
        Where.
    flow : ndarray, shape (n, n)
        ``F``, of the deterministic dynamics.
    noise : ndarray, shape (n, n)
        ``a``.
    graph : ndarray, shape (n, n)
        ``Z``.
    unstable_rates : ndarray
        Eigenvalues of ``F`` with positive real part.
    """

    position: Array
    flow: Array
    noise: Array
    graph: Array
    unstable_rates: Array

    def hamiltonian_flow(self) -> Array:
        """Return the matrix of Hamilton's equations for ``(δθ, p)``, shape ``(2n, 2n)``."""
        return np.block([[self.flow, self.noise], [np.zeros_like(self.flow), -self.flow.T]])

    def forbidden_at_end(self) -> Array:
        """Return ``n`` rows whose products with ``(δθ, p)`` vanish where a path comes to rest."""
        from scipy.linalg import schur

        _, vectors, count = schur(self.hamiltonian_flow().T, sort="rhp")
        if count != len(self.position):
            raise InputError(
                f"the flow around {self.position.tolist()} is not hyperbolic; use exact or "
                "splitting"
            )
        return np.asarray(vectors[:, :count].T)

    def at_rest(self, state: Array) -> Array:
        """Return the part of ``(δθ, p)`` that comes to rest, its other part left out."""
        from scipy.linalg import schur

        _, vectors, count = schur(self.hamiltonian_flow(), sort="lhp")
        stable, rows = vectors[:, :count], self.forbidden_at_end()
        return np.asarray(stable @ np.linalg.lstsq(stable, state - rows.T @ (rows @ state))[0])


def fixed_point(hamiltonian: Hamiltonian, position: Position, n_unstable: int) -> FixedPoint:
    """Return the flow around a critical point with so many unstable directions.

    Raises
    ------
    InputError
        If it is no such point, or the noise vanishes in some direction there.
    """
    x = np.array([position], dtype=float)
    rest = np.zeros_like(x)
    second = hamiltonian.curvatures(x, rest)
    flow, noise = second.mixed[0], second.momentum[0]
    rates = np.linalg.eigvals(flow)
    real = rates.real
    if np.count_nonzero(real > 0) != n_unstable or abs(real).min() <= _FLAT * abs(real).max():
        what = "saddle of index 1" if n_unstable else "minimum"
        raise InputError(
            f"{tuple(map(float, position))} is no {what} with curvature in every direction; take "
            "one from find_critical_points"
        )
    strengths = np.linalg.eigvalsh(noise)
    if strengths[0] <= _FLAT * strengths[-1]:
        raise InputError(
            f"there is no noise in some direction at {tuple(map(float, position))}: the instanton "
            "is not unique there; freeze that direction with n_outliers"
        )
    width = _lyapunov(flow, noise)
    graph = np.asarray(np.linalg.inv(width), dtype=np.float64)
    return FixedPoint(x[0], flow, noise, graph, rates[real > 0].real)


def _lyapunov(flow: Array, noise: Array) -> Array:
    """Return the symmetric ``C`` of ``F C + C Fᵀ = −a``, the smallest where there are several.

    There are where two rates add up to zero, as at some symmetric saddles.
    """
    n = len(flow)
    operator = np.kron(flow, np.eye(n)) + np.kron(np.eye(n), flow)
    solution = np.linalg.lstsq(operator, -noise.ravel(), rcond=1e-12)[0].reshape(n, n)
    return np.asarray(0.5 * (solution + solution.T))
