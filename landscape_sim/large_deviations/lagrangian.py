r"""What a piece of a path costs at least, however slowly or fast it is run through.

.. math:: \ell(θ, v) = \max_p \{ p·v : H(θ, p) = 0 \}.

At the maximum ``v = μ H_p``, with the time ``μ`` that the piece takes; ``∂ℓ/∂v = p`` and
``∂ℓ/∂θ = −μ H_θ``. For an SDE ``ℓ = |v|_{a⁻¹} |b|_{a⁻¹} − vᵀ a⁻¹ b``.

References
----------
Heymann and Vanden-Eijnden, Commun. Pure Appl. Math. 61 (2008) 1052, Sec. 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landscape_sim.large_deviations.contract import Array, Hamiltonian, Slopes
from landscape_sim.validation import InputError

_MOST_STEPS, _MOST_HALVINGS = 60, 12
#: Newton's method ends when ``H`` and the direction are this good, over their sizes.
_TOLERANCE = 1e-10


class Piece(NamedTuple):
    """Pieces of a path, each at its cheapest.

    Attributes
    ----------
    momentum : ndarray, shape (m, n)
        ``p``.
    duration : ndarray, shape (m,)
        ``μ``.
    slopes : Slopes
        Of ``H`` there.
    """

    momentum: Array
    duration: Array
    slopes: Slopes


def cheapest(hamiltonian: Hamiltonian, position: Array, step: Array) -> Piece:
    """Return momentum and duration of pieces ``step`` at ``position``.

    Raises
    ------
    InputError
        If Newton's method does not find them: no kick leads in that direction.
    """
    speed, p = _gaussian(hamiltonian, position, step, np.zeros_like(position))
    slopes = hamiltonian.slopes(position, p)
    for _ in range(_MOST_STEPS):
        defect = _defect(p, speed, step, slopes)
        if not (defect > _TOLERANCE).any():
            return Piece(p, 1.0 / speed, slopes)
        miss = slopes.momentum - speed[:, None] * step
        dp, dspeed = _newton(hamiltonian.spread(position, p), step, slopes, miss)
        # A speed stays positive. Far from the root Newton's step may lead astray: it is shortened
        # until the defect falls.
        cut = np.minimum(1.0, 0.5 * speed / np.maximum(np.abs(dspeed), 1e-300))
        for _ in range(_MOST_HALVINGS):
            tried = p + cut[:, None] * dp, speed + cut * dspeed
            slopes = hamiltonian.slopes(position, tried[0])
            is_worse = ~(_defect(*tried, step, slopes) < np.maximum(defect, _TOLERANCE))
            if not is_worse.any():
                break
            cut = np.where(is_worse, 0.5 * cut, cut)
        else:
            break
        p, speed = tried
    raise InputError(
        "the momentum along the path did not converge: no kick leads that way, or too rare a one; "
        "choose another saddle or add label noise"
    )


def _defect(p: Array, speed: Array, step: Array, slopes: Slopes) -> Array:
    """Return how far pieces are from ``H = 0`` and ``H_p = v/μ``, over their sizes."""
    size = speed * np.linalg.norm(step, axis=1)
    miss = np.linalg.norm(slopes.momentum - speed[:, None] * step, axis=1)
    return np.maximum(
        miss / size, np.abs(slopes.value) / (size * np.linalg.norm(p, axis=1) + 1e-300)
    )


def _gaussian(
    hamiltonian: Hamiltonian, position: Array, step: Array, rest: Array
) -> tuple[Array, Array]:
    """Return ``1/μ`` and ``p`` of Gaussian noise, exact for an SDE."""
    drift = hamiltonian.slopes(position, rest).momentum
    spread = hamiltonian.spread(position, rest)
    both = np.linalg.solve(spread, np.stack([drift, step], axis=2))
    drift_size = np.einsum("mi,mi->m", drift, both[..., 0])
    step_size = np.einsum("mi,mi->m", step, both[..., 1])
    speed = np.sqrt(drift_size / step_size)
    return speed, speed[:, None] * both[..., 1] - both[..., 0]


def _newton(spread: Array, step: Array, slopes: Slopes, miss: Array) -> tuple[Array, Array]:
    """Return the changes of ``p`` and ``1/μ`` towards ``H_p = v/μ`` and ``H = 0``."""
    both = np.linalg.solve(spread, np.stack([step, miss], axis=2))
    along, away = both[..., 0], both[..., 1]
    flow = slopes.momentum
    change = np.einsum("mi,mi->m", flow, away) - slopes.value
    dspeed = change / np.einsum("mi,mi->m", flow, along)
    return dspeed[:, None] * along - away, dspeed
