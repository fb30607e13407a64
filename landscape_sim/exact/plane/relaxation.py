"""How a chain settles before it is absorbed: its slowest modes, and the survival in between.

``−Q`` has the eigenvalues ``λ_1 < Re λ_2 ≤ …``. The slowest mode leaks at the exit rate ``λ_1``;
all others have died out after a few ``1/λ_2``, and what is left of the paths from one start is
``S(t) = c e^{−λ_1 t}``. A constant killing ``γ`` shifts all eigenvalues: the chain that is killed
has an inverse without large numbers, from whose Krylov spaces ``λ_2`` and the survival before the
settling are read off.

References
----------
Van den Eshof and Hochbruck, *Preconditioning Lanczos approximations to the matrix exponential*,
SIAM J. Sci. Comput. 27 (2006) 1438, for the exponential from a Krylov space of the inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.validation import InputError

_CONVERGED = 1e-9
_ROUNDING = 1e-13
_MOST_ITERATIONS = 200
#: Killing at first, over the fastest rate of the chain: far below what any grid resolves.
_FIRST_KILLING = 1e-9
#: A second eigenvalue this far below the killing is looked at again.
_FAR_BELOW = 1e-4
#: All modes but the slowest have died out: ``e^{−40}`` is 4e-18.
_SETTLED = 40.0
#: One factorisation serves times within this factor; its killing is that over the longest.
_SPAN, _KILLINGS = 8.0, 8.0
_KRYLOV, _FEWER = 48, 40


@dataclass(frozen=True)
class Relaxation:
    """The slowest modes of a chain.

    Attributes
    ----------
    log_exit_rate : float
        ``log λ_1``.
    relaxation_rate : float
        ``Re λ_2``.
    amplitude : float
        ``c``: what the start contributes to the slowest mode.
    """

    log_exit_rate: float
    relaxation_rate: float
    amplitude: float


def slowest_mode(solve: Callable[[Array], Array], n_states: int) -> tuple[float, Array]:
    """Return ``−log λ_1`` and its mode, of ``−Qᵀ p = λ p`` or of ``−Q u = λ u``; its sum is one.

    What the second mode still adds shrinks by the ratio of the two eigenvalues per step; two
    ratios are looked at because the first steps are those of the faster modes.

    Parameters
    ----------
    solve : callable
        Applies the inverse of ``−Qᵀ`` or ``−Q``.
    n_states : int
        Length of the mode.

    Raises
    ------
    InputError
        If the two slowest modes decay equally fast.
    """
    mode = np.full(n_states, 1.0 / n_states)
    changes: list[float] = []
    for _ in range(_MOST_ITERATIONS):
        following = solve(mode)
        mean_time = float(following.sum())
        following /= mean_time
        changes.append(float(np.abs(following - mode).sum()))
        mode = following
        if not np.isfinite(mean_time) or _is_settled(changes):
            return float(np.log(mean_time)), mode
    raise InputError(
        "the quasi-stationary distribution does not settle: two wells lose their paths equally "
        "fast, or none holds them; take a target that lies beyond only one well"
    )


def _is_settled(changes: list[float]) -> bool:
    if changes[-1] < _ROUNDING:
        return True
    if len(changes) < 3:
        return False
    ratio = max(changes[-1] / changes[-2], changes[-2] / changes[-3])
    return ratio < 1 and changes[-1] * ratio / (1 - ratio) < _CONVERGED


def relax(chain: Chain, absorption: Absorption) -> Relaxation:
    """Return the slowest modes of a chain, and the share of the start in them.

    Raises
    ------
    InputError
        If the two slowest modes are equally fast.
    """
    log_time, left = slowest_mode(absorption.solve_transposed, chain.exits.shape[1])
    _, right = slowest_mode(absorption.solve, chain.exits.shape[1])
    amplitude = float(right[chain.start] * left.sum() / (left @ right))
    rate = max(_FIRST_KILLING * _fastest_rate(chain), float(np.exp(-log_time)))
    for _ in range(3):
        killing, rate = rate, _second_eigenvalue(chain, rate)
        if rate > _FAR_BELOW * killing:
            break
    return Relaxation(-log_time, rate, amplitude)


def survival(chain: Chain, relaxation: Relaxation, times: Array) -> tuple[Array, Array]:
    """Return the probability not to be absorbed until these times, from the start.

    Parameters
    ----------
    chain, relaxation
        A chain and its slowest modes.
    times : ndarray, shape (m,)
        Positive.

    Returns
    -------
    survival, error : ndarray, shape (m,)
        The error is the change from a smaller Krylov space.
    """
    exit_rate = np.exp(relaxation.log_exit_rate)
    values = relaxation.amplitude * np.exp(-exit_rate * times)
    errors = np.zeros_like(values)
    gap = relaxation.relaxation_rate - exit_rate
    left = np.flatnonzero(gap * times < _SETTLED)
    while left.size:
        longest = times[left].max()
        near = left[times[left] >= longest / _SPAN]
        values[near], errors[near] = _by_krylov_space(chain, times[near])
        left = left[times[left] < longest / _SPAN]
    return values, errors


def _by_krylov_space(chain: Chain, times: Array) -> tuple[Array, Array]:
    """Return ``(e^{Qt} 1)(start)`` at times of one order, and its error."""
    killing = _KILLINGS / times.max()
    killed = _killed(chain, killing)
    n_states = chain.exits.shape[1]
    size = min(_KRYLOV, n_states)
    basis, projected = np.zeros((size + 1, n_states)), np.zeros((size + 1, size))
    basis[0] = 1.0 / np.sqrt(n_states)
    for k in range(size):
        vector = killing * killed.solve(basis[k])
        for _ in range(2):  # twice is enough
            overlap = basis[: k + 1] @ vector
            projected[: k + 1, k] += overlap
            vector = vector - overlap @ basis[: k + 1]
        projected[k + 1, k] = np.linalg.norm(vector)
        if projected[k + 1, k] < np.finfo(float).eps:
            size = k + 1
            break
        basis[k + 1] = vector / projected[k + 1, k]

    def approximation(size: int) -> Array:
        inverses, modes = np.linalg.eig(projected[:size, :size])
        decay = np.exp(np.multiply.outer(times, killing * (1.0 - 1.0 / inverses)))
        shares = np.linalg.solve(modes, np.eye(size)[0]) * (basis[:size, chain.start] @ modes)
        return np.asarray(np.sqrt(n_states) * (decay @ shares).real)

    best = approximation(size)
    return best, np.abs(best - approximation(min(_FEWER, size)))


def _second_eigenvalue(chain: Chain, killing: float) -> float:
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

    n_states = chain.exits.shape[1]
    killed = _killed(chain, killing)
    inverse = LinearOperator((n_states,) * 2, killed.solve, dtype=np.float64)
    try:
        times = eigs(inverse, k=3, v0=np.ones(n_states), return_eigenvectors=False)
    except ArpackError:
        raise InputError(
            "the second eigenvalue of the generator is not found; use mean_first_passage_time "
            "for the mean alone"
        ) from None
    rates = np.sort((1.0 / times).real) - killing
    return float(rates[1])


def _killed(chain: Chain, killing: float) -> Absorption:
    exits = np.vstack([chain.exits, np.full(chain.exits.shape[1], killing)])
    return Absorption(replace(chain, exits=exits))


def _fastest_rate(chain: Chain) -> float:
    return float((chain.rates.sum(axis=1) + chain.exits.sum(axis=0)).max())
